// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "features/expressions/expression.h"
#include "features/streams/event_batch.h"
#include "features/streams/windowed_view_plan.h"
#include "features/windows/tile_block.h"

namespace freshet {

// Events of a windowed view, combined into blocks of tiles before they go to
// the store: a key that has a hundred events in one tick is written once for
// each level. Not thread-safe.
class TileCollector {
 public:
  // `plan` must outlive the collector.
  explicit TileCollector(const WindowedViewPlan& plan);

  // What became of each event; valid until the next call. Those of `now` or
  // later are left to the caller to give again when they are of the past: no
  // reader has to look at what is inside a tile. `duplicates`: 1 for each event
  // that is one; or none at all. Requires: fields as the plan's source has
  // them.
  const std::vector<EventOutcome>& Add(
      const EventBatch& events, int64_t now_micros,
      std::span<const uint8_t> duplicates = {});

  // Calls `visit` for each block, under its key in the store, and is then
  // empty.
  using Visit =
      std::function<void(std::string_view key, std::string_view block)>;
  void Take(const Visit& visit);

  size_t blocks() const { return blocks_.size(); }

 private:
  EventOutcome AddOne(const EventBatch& events, size_t row, int64_t now_micros);
  bool AppendKey(size_t row);
  void AddToTiles(const EventOrder& order, size_t row);

  const WindowedViewPlan& plan_;
  std::vector<Evaluator> filter_;  // One or none.
  std::vector<Evaluator> evaluators_;
  const ValueColumn* passes_ = nullptr;      // The filter's result.
  std::vector<const ValueColumn*> columns_;  // By column of the plan.
  std::vector<EventOutcome> outcomes_;
  std::string key_;  // Of the entity.
  std::string block_key_;
  std::unordered_map<std::string, BlockBuilder> blocks_;
};

}  // namespace freshet
