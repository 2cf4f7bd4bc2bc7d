// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "features/streams/event_codec.h"
#include "storage/live/live_batch.h"
#include "storage/live/live_generation.h"

namespace freshet {

// Events that came before their time, by clocks that are ahead of ours: they
// wait in a generation of their own until it is there, for a window that ends
// now must not know of them. Not thread-safe.
class ParkedEvents {
 public:
  static absl::StatusOr<ParkedEvents> Open(LiveGeneration::Ptr parked);

  // When an event is, and the number of the record that it came in.
  struct Place {
    int64_t time_micros = 0;
    uint64_t record = 0;
  };
  // Adds one event to the batch.
  void Park(const LoggedEvents& events, size_t row, Place place,
            LiveBatch& batch);

  // Calls `visit` for each event of before that time, oldest first, and takes
  // it out with the batch. What is only in a batch yet is not seen. An event
  // came in the first moment in which it is past, however long it waited: it
  // is never late.
  using Visit = std::function<void(LoggedEvents event)>;
  absl::Status Release(int64_t before_micros, LiveBatch& batch,
                       const Visit& visit);

  // Adds all that wait in `other`; one that waits in both is the same.
  absl::Status TakeFrom(const ParkedEvents& other, LiveBatch& batch);

  // The time of the oldest; nullopt: there is none.
  std::optional<int64_t> oldest_micros() const { return oldest_micros_; }

 private:
  explicit ParkedEvents(LiveGeneration::Ptr parked);

  LiveGeneration::Ptr parked_;
  std::optional<int64_t> oldest_micros_;
};

}  // namespace freshet
