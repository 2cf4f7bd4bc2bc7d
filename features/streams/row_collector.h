// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "features/streams/event_collector.h"
#include "features/streams/event_evaluator.h"
#include "features/streams/live_row.h"
#include "features/streams/row_view_plan.h"

namespace freshet {

// Events as rows of their keys. An event whose time is still to come is a row
// already: it is what was said last. Not thread-safe.
class RowCollector final : public EventCollector {
 public:
  // `plan` must outlive the collector.
  explicit RowCollector(const RowViewPlan& plan);

  const std::vector<EventOutcome>& Add(
      const EventBatch& events, int64_t now_micros,
      std::span<const uint8_t> duplicates) override;
  // Live rows, under their entities' keys.
  void Take(const Visit& visit) override;

 private:
  EventOutcome AddOne(const EventBatch& events, size_t row);
  bool Deletes(size_t row) const;
  LiveRow RowOf(const EventBatch& events, size_t row) const;
  bool SaysNothing(const EventBatch& events, size_t row, size_t column) const;

  const RowViewPlan& plan_;
  EventEvaluator evaluated_;
  std::vector<EventOutcome> outcomes_;
  std::string key_;
  std::unordered_map<std::string, std::string> rows_;
};

}  // namespace freshet
