// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "features/row_schema.h"
#include "storage/manifest.h"
#include "storage/stats/column_tally.h"
#include "storage/stats/row_sample.h"

namespace freshet {

// What a manifest says of its rows, taken row by row. Not thread-safe.
class RowTotals {
 public:
  // `schema` must outlive it.
  explicit RowTotals(const RowSchema& schema);

  // INVALID_ARGUMENT if `bytes` is not a row of the schema, or a deleted one.
  absl::Status Add(std::string_view key, std::string_view bytes);

  void WriteTo(Manifest& manifest) const;

  int64_t rows() const { return rows_; }  // Deleted ones included.
  int64_t deleted() const { return deleted_; }
  int64_t bytes() const { return key_bytes_ + row_bytes_; }

 private:
  absl::Status AddValues(std::string_view key, std::string_view bytes);
  absl::Status AddDeleted(std::string_view bytes);
  void NoteTime(int64_t micros);

  const RowSchema& schema_;
  int64_t rows_ = 0;
  int64_t deleted_ = 0;
  uint64_t sum_ = 0;
  int64_t key_bytes_ = 0;
  int64_t row_bytes_ = 0;
  int64_t time_min_ = 0;
  int64_t time_max_ = 0;
  std::vector<ColumnTally> columns_;
  std::vector<double> numbers_;  // Of the row at work.
  RowSample sample_;
};

}  // namespace freshet
