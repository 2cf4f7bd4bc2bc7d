// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "features/streams/event_batch.h"

namespace freshet {

// Events of one view, made into values of the store and combined there, key by
// key, before they are written. Not thread-safe.
class EventCollector {
 public:
  virtual ~EventCollector() = default;

  // What became of each event that came at `now_micros`; valid until the next
  // call. `duplicates`: 1 for each event that came before; or none at all.
  // Requires: fields as the view's source has them.
  virtual const std::vector<EventOutcome>& Add(
      const EventBatch& events, int64_t now_micros,
      std::span<const uint8_t> duplicates) = 0;

  // Calls `visit` for each value, to be merged with what its key has, and is
  // then empty.
  using Visit =
      std::function<void(std::string_view key, std::string_view value)>;
  virtual void Take(const Visit& visit) = 0;
};

}  // namespace freshet
