// SPDX-License-Identifier: Apache-2.0
#include "features/streams/event_evaluator.h"

#include "features/key_codec.h"

namespace freshet {

EventEvaluator::EventEvaluator(const EventColumns& columns) : view_(columns) {
  if (columns.filter) filter_.emplace_back(*columns.filter);
  for (const Expression& column : columns.columns) {
    evaluators_.emplace_back(column);
  }
  columns_.resize(columns.columns.size());
}

void EventEvaluator::Evaluate(const EventBatch& events) {
  std::vector<const ValueColumn*> fields;
  for (const ValueColumn& field : events.fields) fields.push_back(&field);
  if (!filter_.empty()) passes_ = &filter_[0].Evaluate(fields, events.rows);
  for (size_t i = 0; i < columns_.size(); ++i) {
    columns_[i] = &evaluators_[i].Evaluate(fields, events.rows);
  }
  times_ = &events.fields[view_.timestamp_field];
}

std::optional<EventOutcome> EventEvaluator::Refusal(size_t row) const {
  if (passes_ != nullptr) {
    if (IsFailure(passes_->states[row])) return EventOutcome::kFailed;
    const bool passes =
        passes_->states[row] == RowState::kValue && passes_->integers[row] != 0;
    if (!passes) return EventOutcome::kFiltered;
  }
  if (times_->states[row] != RowState::kValue) return EventOutcome::kNoTime;
  return std::nullopt;
}

bool EventEvaluator::Fails(size_t row) const {
  for (const ValueColumn* column : columns_) {
    if (IsFailure(column->states[row])) return true;
  }
  return false;
}

bool EventEvaluator::KeyOf(size_t row, std::string& key) const {
  key.clear();
  for (size_t i = 0; i < view_.key_columns.size(); ++i) {
    const ValueColumn& column = *columns_[view_.key_columns[i]];
    if (column.states[row] != RowState::kValue) return false;
    if (view_.key[i].type.kind == Kind::kInt64) {
      AppendKeyInt64(column.integers[row], &key);
    } else {
      AppendKeyBytes(column.strings[row], i + 1 == view_.key.size(), &key);
    }
  }
  return key.size() <= kKeyBytesMax;
}

}  // namespace freshet
