// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "features/expressions/expression.h"
#include "features/streams/event_batch.h"
#include "features/streams/event_columns.h"

namespace freshet {

// What a view computes of events, batch by batch. Not thread-safe.
class EventEvaluator {
 public:
  // `columns` must outlive the evaluator.
  explicit EventEvaluator(const EventColumns& columns);

  // Of these events is what the rest says, until the next call. Requires:
  // fields as the source has them.
  void Evaluate(const EventBatch& events);

  // kFiltered, kFailed or kNoTime, where the view does not take the event for
  // what its filter or its time is.
  std::optional<EventOutcome> Refusal(size_t row) const;
  // Requires: no Refusal.
  int64_t time_micros(size_t row) const { return times_->integers[row]; }
  // Whether an expression failed on it.
  bool Fails(size_t row) const;
  const ValueColumn& column(size_t i) const { return *columns_[i]; }
  // Whether the row has a key: then it is in `key`.
  bool KeyOf(size_t row, std::string& key) const;

 private:
  const EventColumns& view_;
  std::vector<Evaluator> filter_;  // One or none.
  std::vector<Evaluator> evaluators_;
  const ValueColumn* passes_ = nullptr;  // The filter's result.
  const ValueColumn* times_ = nullptr;
  std::vector<const ValueColumn*> columns_;
};

}  // namespace freshet
