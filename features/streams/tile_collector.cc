// SPDX-License-Identifier: Apache-2.0
#include "features/streams/tile_collector.h"

#include <algorithm>

#include "base/check.h"
#include "features/key_codec.h"

namespace freshet {
namespace {

// Of a row that has a value.
Datum DatumAt(const ValueColumn& column, size_t row) {
  switch (StorageOf(column.type.kind)) {
    case Storage::kIntegers:
      return Datum::Integer(column.integers[row]);
    case Storage::kReals:
      return Datum::Real(column.reals[row]);
    case Storage::kStrings:
      return Datum::Text(column.strings[row]);
  }
  CHECK(false);
}

}  // namespace

TileCollector::TileCollector(const WindowedViewPlan& plan) : plan_(plan) {
  if (plan.filter) filter_.emplace_back(*plan.filter);
  for (const Expression& column : plan.columns) {
    evaluators_.emplace_back(column);
  }
  columns_.resize(plan.columns.size());
}

// Whether the row has a key; key_ is then it.
bool TileCollector::AppendKey(size_t row) {
  key_.clear();
  for (size_t i = 0; i < plan_.key_columns.size(); ++i) {
    const ValueColumn& column = *columns_[plan_.key_columns[i]];
    if (column.states[row] != RowState::kValue) return false;
    if (plan_.key[i].type.kind == Kind::kInt64) {
      AppendKeyInt64(column.integers[row], &key_);
    } else {
      AppendKeyBytes(column.strings[row], i + 1 == plan_.key.size(), &key_);
    }
  }
  return key_.size() <= kKeyBytesMax;
}

void TileCollector::AddToTiles(const EventOrder& order, size_t row) {
  for (const TileLevel level : plan_.windows.levels()) {
    const int64_t number = TileAt(level, order.time_micros);
    block_key_.clear();
    AppendBlockKey(key_, BlockOf(level, number), &block_key_);
    Tile& tile = blocks_.try_emplace(block_key_, plan_.windows.shape())
                     .first->second.At(IndexInBlock(level, number));
    for (size_t i = 0; i < plan_.partial_columns.size(); ++i) {
      if (!plan_.partial_columns[i]) {
        tile.Add(i, Datum::Integer(1), order);
        continue;
      }
      const ValueColumn& column = *columns_[*plan_.partial_columns[i]];
      if (column.states[row] == RowState::kValue) {
        tile.Add(i, DatumAt(column, row), order);
      }
    }
  }
}

EventOutcome TileCollector::AddOne(const EventBatch& events, size_t row,
                                   int64_t now_micros) {
  if (passes_ != nullptr) {
    if (IsFailure(passes_->states[row])) return EventOutcome::kFailed;
    const bool passes =
        passes_->states[row] == RowState::kValue && passes_->integers[row] != 0;
    if (!passes) return EventOutcome::kFiltered;
  }
  const ValueColumn& times = events.fields[plan_.timestamp_field];
  if (times.states[row] != RowState::kValue) return EventOutcome::kNoTime;
  const int64_t time_micros = times.integers[row];
  if (time_micros >= now_micros) return EventOutcome::kFuture;
  const bool late = time_micros < now_micros - plan_.late_micros;
  const bool since = plan_.since_micros && time_micros >= *plan_.since_micros;
  if (late && !since) return EventOutcome::kLate;
  for (const ValueColumn* column : columns_) {
    if (IsFailure(column->states[row])) return EventOutcome::kFailed;
  }
  if (!AppendKey(row)) return EventOutcome::kNoKey;
  AddToTiles({.time_micros = time_micros,
              .partition = events.partitions[row],
              .offset = events.offsets[row]},
             row);
  return EventOutcome::kAdded;
}

const std::vector<EventOutcome>& TileCollector::Add(
    const EventBatch& events, int64_t now_micros,
    std::span<const uint8_t> duplicates) {
  std::vector<const ValueColumn*> fields;
  for (const ValueColumn& field : events.fields) fields.push_back(&field);
  if (!filter_.empty()) passes_ = &filter_[0].Evaluate(fields, events.rows);
  for (size_t i = 0; i < columns_.size(); ++i) {
    columns_[i] = &evaluators_[i].Evaluate(fields, events.rows);
  }
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
  blocks_.clear();
}

}  // namespace freshet
