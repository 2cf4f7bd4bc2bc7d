// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"
#include "config/type.h"
#include "features/row_codec.h"
#include "storage/stats/column_stats.h"
#include "storage/stats/distinct_count.h"

namespace freshet {

// Takes the statistics of one column, row by row. Not thread-safe.
class ColumnTally {
 public:
  // `index` of the column in its schema.
  ColumnTally(const Column& column, size_t index);

  // Returns the number that the row's value stands for; NaN: none. DATA_LOSS
  // as RowView.
  absl::StatusOr<double> Add(const RowView& row);

  // Without quantiles.
  ColumnStats stats() const;

 private:
  struct Measured {
    double number = 0;
    uint64_t hash = 0;
  };
  absl::StatusOr<Measured> Measure(const RowView& row) const;
  Measured MeasureFixed(std::string_view bytes) const;

  const Type type_;
  const size_t index_;
  const double units_;  // In one, of a decimal and a timestamp.
  uint32_t feature_id_;
  int64_t nulls_ = 0;
  int64_t nans_ = 0;
  int64_t numbers_ = 0;
  int64_t finite_ = 0;
  double min_ = 0;
  double max_ = 0;
  double sum_ = 0;  // Of the finite ones.
  DistinctCount distinct_;
};

}  // namespace freshet
