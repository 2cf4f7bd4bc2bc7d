// SPDX-License-Identifier: Apache-2.0
#include "storage/stats/row_totals.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "base/status.h"
#include "features/row_codec.h"

namespace freshet {

RowTotals::RowTotals(const RowSchema& schema)
    : schema_(schema),
      numbers_(schema.columns().size()),
      sample_(schema.columns().size()) {
  columns_.reserve(numbers_.size());
  for (size_t i = 0; i < numbers_.size(); ++i) {
    columns_.emplace_back(schema.columns()[i], i);
  }
}

absl::Status RowTotals::Add(std::string_view key, std::string_view bytes) {
  const absl::Status added =
      IsDeletedRow(bytes) ? AddDeleted(bytes) : AddValues(key, bytes);
  if (!added.ok()) {
    return InvalidArgument("{}", added.ToString());
  }
  ++rows_;
  sum_ += RowSum(key, bytes);
  key_bytes_ += static_cast<int64_t>(key.size());
  row_bytes_ += static_cast<int64_t>(bytes.size());
  return absl::OkStatus();
}

absl::Status RowTotals::AddValues(std::string_view key,
                                  std::string_view bytes) {
  ASSIGN_OR_RETURN(const RowView row, RowView::Parse(schema_, bytes));
  NoteTime(row.event_time_micros());
  for (size_t i = 0; i < columns_.size(); ++i) {
    ASSIGN_OR_RETURN(numbers_[i], columns_[i].Add(row));
  }
  if (const uint64_t hash = Xxh3(key); sample_.Wants(hash)) {
    sample_.Add(hash, numbers_);
  }
  return absl::OkStatus();
}

absl::Status RowTotals::AddDeleted(std::string_view bytes) {
  ASSIGN_OR_RETURN(const int64_t time, RowEventTime(bytes));
  NoteTime(time);
  ++deleted_;
  return absl::OkStatus();
}

void RowTotals::NoteTime(int64_t micros) {
  time_min_ = rows_ == 0 ? micros : std::min(time_min_, micros);
  time_max_ = rows_ == 0 ? micros : std::max(time_max_, micros);
}

void RowTotals::WriteTo(Manifest& manifest) const {
  manifest.rows = rows_;
  manifest.deleted_rows = deleted_;
  manifest.live_rows = rows_ - deleted_;
  manifest.rows_sum = sum_;
  manifest.key_bytes = key_bytes_;
  manifest.row_bytes = row_bytes_;
  manifest.event_time_min_micros = time_min_;
  manifest.event_time_max_micros = time_max_;
  manifest.columns.clear();
  for (size_t i = 0; i < columns_.size(); ++i) {
    ColumnStats stats = columns_[i].stats();
    if (const auto numbers = sample_.Numbers(i); !numbers.empty()) {
      const auto last = static_cast<double>(numbers.size() - 1);
      for (const double share : kStatsQuantiles) {
        stats.quantiles.push_back(
            numbers[static_cast<size_t>(std::round(share * last))]);
      }
    }
    manifest.columns.push_back(std::move(stats));
  }
}

}  // namespace freshet
