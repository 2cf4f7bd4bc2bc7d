// SPDX-License-Identifier: Apache-2.0
#include "features/streams/tile_collector.h"

namespace freshet {

TileCollector::TileCollector(const WindowedViewPlan& plan, int64_t late_micros)
    : plan_(plan),
      late_micros_(late_micros),
      evaluated_(plan.event),
      moment_(plan.windows.shape()) {}

// Of a column; 1 of none, for a count of rows. Nothing where it is null.
std::optional<Datum> TileCollector::DatumOf(std::optional<size_t> column,
                                            size_t row) const {
  if (!column) return Datum::Integer(1);
  const ValueColumn& values = evaluated_.column(*column);
  if (values.states[row] != RowState::kValue) return std::nullopt;
  return DatumAt(values, row);
}

void TileCollector::AddTo(Tile& tile, const EventOrder& order,
                          size_t row) const {
  for (size_t i = 0; i < plan_.partial_columns.size(); ++i) {
    const auto value = DatumOf(plan_.partial_columns[i], row);
    if (!value) continue;
    if (!plan_.partial_groups[i]) {
      tile.Add(i, *value, order);
    } else if (const auto group = DatumOf(plan_.partial_groups[i], row)) {
      tile.AddToGroup(i, *group, *value, order);
    }
  }
}

void TileCollector::AddToMoments(const EventOrder& order, size_t row) {
  moment_.Clear();
  AddTo(moment_, order, row);
  moment_bytes_.clear();
  moment_.AppendTo(&moment_bytes_);
  const int64_t moment = TileAt(TileLevel::kMoment, order.time_micros);
  block_key_.clear();
  AppendBlockKey(key_, BlockOf(TileLevel::kMoment, moment), &block_key_);
  moments_.try_emplace(block_key_, plan_.windows.shape())
      .first->second.Add(IndexInBlock(TileLevel::kMoment, moment),
                         moment_bytes_);
}

void TileCollector::AddToTiles(const EventOrder& order, size_t row) {
  for (const TileLevel level : plan_.windows.levels()) {
    if (level == TileLevel::kMoment) {
      AddToMoments(order, row);
      continue;
    }
    const int64_t number = TileAt(level, order.time_micros);
    block_key_.clear();
    AppendBlockKey(key_, BlockOf(level, number), &block_key_);
    AddTo(blocks_.try_emplace(block_key_, plan_.windows.shape())
              .first->second.At(IndexInBlock(level, number)),
          order, row);
  }
}

EventOutcome TileCollector::AddOne(const EventBatch& events, size_t row,
                                   int64_t now_micros) {
  if (const auto refusal = evaluated_.Refusal(row)) return *refusal;
  const int64_t time_micros = evaluated_.time_micros(row);
  if (time_micros >= now_micros) return EventOutcome::kFuture;
  const bool late = time_micros < now_micros - late_micros_;
  const bool since = plan_.since_micros && time_micros >= *plan_.since_micros;
  if (late && !since) return EventOutcome::kLate;
  if (evaluated_.Fails(row)) return EventOutcome::kFailed;
  if (!evaluated_.KeyOf(row, key_)) return EventOutcome::kNoKey;
  AddToTiles({.time_micros = time_micros,
              .partition = events.partitions[row],
              .offset = events.offsets[row]},
             row);
  return EventOutcome::kAdded;
}

const std::vector<EventOutcome>& TileCollector::Add(
    const EventBatch& events, int64_t now_micros,
    std::span<const uint8_t> duplicates) {
  evaluated_.Evaluate(events);
  outcomes_.clear();
  for (size_t row = 0; row < events.rows; ++row) {
    const bool known = !duplicates.empty() && duplicates[row] != 0;
    outcomes_.push_back(known ? EventOutcome::kDuplicate
                              : AddOne(events, row, now_micros));
  }
  return outcomes_;
}

void TileCollector::Take(const Visit& visit) {
  for (const auto& [key, block] : blocks_) visit(key, block.Finish());
  for (const auto& [key, block] : moments_) visit(key, block.Finish());
  blocks_.clear();
  moments_.clear();
}

}  // namespace freshet
