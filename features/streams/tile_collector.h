// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "features/streams/event_collector.h"
#include "features/streams/event_evaluator.h"
#include "features/streams/windowed_view_plan.h"
#include "features/windows/tile_block.h"

namespace freshet {

// Events of a windowed view, combined into blocks of tiles before they go to
// the store: a key that has a hundred events in one tick is written once for
// each level. Not thread-safe.
class TileCollector final : public EventCollector {
 public:
  // `plan` must outlive the collector.
  explicit TileCollector(const WindowedViewPlan& plan)
      : TileCollector(plan, plan.late_micros) {}
  // Of which nothing younger is late, instead.
  TileCollector(const WindowedViewPlan& plan, int64_t late_micros);

  // Those of `now` or later are left to the caller to give again when they are
  // of the past: no reader has to look at what is inside a tile.
  const std::vector<EventOutcome>& Add(
      const EventBatch& events, int64_t now_micros,
      std::span<const uint8_t> duplicates = {}) override;
  // Blocks, under their keys in the store.
  void Take(const Visit& visit) override;

  size_t blocks() const { return blocks_.size() + moments_.size(); }

 private:
  EventOutcome AddOne(const EventBatch& events, size_t row, int64_t now_micros);
  void AddToTiles(const EventOrder& order, size_t row);
  void AddToMoments(const EventOrder& order, size_t row);
  void AddTo(Tile& tile, const EventOrder& order, size_t row) const;
  std::optional<Datum> DatumOf(std::optional<size_t> column, size_t row) const;

  const WindowedViewPlan& plan_;
  const int64_t late_micros_;
  EventEvaluator evaluated_;
  std::vector<EventOutcome> outcomes_;
  std::string key_;  // Of the entity.
  std::string block_key_;
  std::unordered_map<std::string, BlockBuilder> blocks_;
  std::unordered_map<std::string, MomentBlockBuilder> moments_;
  Tile moment_;  // Of one event.
  std::string moment_bytes_;
};

}  // namespace freshet
