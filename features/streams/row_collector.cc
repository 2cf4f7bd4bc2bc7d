// SPDX-License-Identifier: Apache-2.0
#include "features/streams/row_collector.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace freshet {

RowCollector::RowCollector(const RowViewPlan& plan)
    : plan_(plan), evaluated_(plan.event) {}

// Of nothing but fields of which the event says nothing.
bool RowCollector::SaysNothing(const EventBatch& events, size_t row,
                               size_t column) const {
  const std::vector<uint32_t>& inputs =
      plan_.event.columns[column].used_inputs();
  return !inputs.empty() &&
         std::all_of(inputs.begin(), inputs.end(), [&](uint32_t field) {
           return IsAbsent(events, field, row);
         });
}

bool RowCollector::Deletes(size_t row) const {
  if (!plan_.deleted) return false;
  const ValueColumn& deleted = evaluated_.column(*plan_.deleted);
  return deleted.states[row] == RowState::kValue && deleted.integers[row] != 0;
}

LiveRow RowCollector::RowOf(const EventBatch& events, size_t row) const {
  const int64_t time_micros = evaluated_.time_micros(row);
  LiveRow out;
  if (Deletes(row)) {
    out.whole = {.time_micros = time_micros, .deleted = true};
    return out;
  }
  if (!plan_.partial) out.whole = {.time_micros = time_micros};
  for (const RowViewPlan::Feature& feature : plan_.features) {
    const ValueColumn& column = evaluated_.column(feature.column);
    if (plan_.partial && SaysNothing(events, row, feature.column)) continue;
    const bool null = column.states[row] != RowState::kValue;
    // In a whole row it is null without being there.
    if (null && !plan_.partial) continue;
    out.cells.push_back({.feature = feature.id,
                         .time_micros = time_micros,
                         .storage = StorageOf(column.type.kind),
                         .value = null ? Datum() : DatumAt(column, row)});
  }
  return out;
}

EventOutcome RowCollector::AddOne(const EventBatch& events, size_t row) {
  if (const auto refusal = evaluated_.Refusal(row)) return *refusal;
  // What the features would be of a row that is deleted is no matter.
  if (!Deletes(row) && evaluated_.Fails(row)) return EventOutcome::kFailed;
  if (!evaluated_.KeyOf(row, key_)) return EventOutcome::kNoKey;
  std::string bytes = EncodeLiveRow(RowOf(events, row));
  const auto [known, is_new] = rows_.try_emplace(key_);
  if (is_new) {
    known->second = std::move(bytes);
    return EventOutcome::kAdded;
  }
  auto merged = MergeLiveRows({known->second, bytes});
  CHECK(merged.ok());  // Both were encoded here.
  known->second = *std::move(merged);
  return EventOutcome::kAdded;
}

const std::vector<EventOutcome>& RowCollector::Add(
    const EventBatch& events, int64_t /*now_micros*/,
    std::span<const uint8_t> duplicates) {
  evaluated_.Evaluate(events);
  outcomes_.clear();
  for (size_t row = 0; row < events.rows; ++row) {
    const bool known = !duplicates.empty() && duplicates[row] != 0;
    outcomes_.push_back(known ? EventOutcome::kDuplicate : AddOne(events, row));
  }
  return outcomes_;
}

void RowCollector::Take(const Visit& visit) {
  for (const auto& [key, row] : rows_) visit(key, row);
  rows_.clear();
}

}  // namespace freshet
