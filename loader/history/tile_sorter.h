// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "features/streams/event_batch.h"
#include "features/streams/tile_collector.h"
#include "features/streams/windowed_view_plan.h"
#include "features/windows/history_span.h"
#include "loader/sort/row_sorter.h"

namespace freshet {

// Any number of events of a windowed view, in any order, made into its blocks
// of tiles by what makes them of a stream, in bounded memory. Not thread-safe.
class TileSorter {
 public:
  // `plan` must outlive it.
  static absl::StatusOr<std::unique_ptr<TileSorter>> Create(
      const WindowedViewPlan& plan, const HistorySpan& span,
      RowSorterOptions options);

  // Requires: fields as the view's source has them, and no event with a time
  // that is not in the span.
  absl::Status Add(const EventBatch& events);

  // Events that are in tiles, and those that the view would take and cannot.
  int64_t events() const { return events_; }
  int64_t left_out() const { return left_out_; }

  // Gives each block once, whole, in the order of keys in a store. Call once.
  using Visit =
      std::function<absl::Status(std::string_view key, std::string_view block)>;
  absl::Status Finish(const Visit& visit);

 private:
  TileSorter(const WindowedViewPlan& plan, const HistorySpan& span,
             std::unique_ptr<RowSorter> sorter);

  // From the collector into the sorter.
  absl::Status Spill();

  const HistorySpan span_;
  const size_t collected_max_;
  TileCollector collector_;
  const std::unique_ptr<RowSorter> sorter_;
  size_t collected_ = 0;  // Events.
  int64_t events_ = 0;
  int64_t left_out_ = 0;
};

}  // namespace freshet
