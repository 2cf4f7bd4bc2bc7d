// SPDX-License-Identifier: Apache-2.0
#include "loader/rows/int96_times.h"

#include <arrow/status.h>
#include <fmt/format.h>
#include <parquet/column_reader.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "base/error.h"
#include "base/status.h"
#include "loader/formats/arrow_status.h"
#include "loader/rows/time_zone.h"

namespace freshet {
namespace {

constexpr size_t kBatch = 4096;
constexpr int64_t kJulianDayOf1970 = 2'440'588;
constexpr uint64_t kNanosPerDay = 86'400'000'000'000;

// Days all of whose nanoseconds since 1970 are an int64.
constexpr int64_t kNanosDaysMax = 106'750;

absl::Status CheckTime(const parquet::Int96& value, Int96Span* span) {
  uint64_t nanos;
  std::memcpy(&nanos, value.value.data(), sizeof(nanos));
  const uint32_t julian_day = value.value[2];
  const int64_t day = int64_t{julian_day} - kJulianDayOf1970;
  if (day >= kDaysMin && day <= kDaysMax && nanos < kNanosPerDay) {
    if (std::abs(day) > kNanosDaysMax) *span = Int96Span::kMicroseconds;
    return absl::OkStatus();
  }
  return InvalidArgument(
      "the INT96 time of Julian day {} and {} ns is none of the years 1 to "
      "9999; write the column as a timestamp",
      julian_day, static_cast<int64_t>(nanos));
}

// One column of one row group.
class ChunkCheck {
 public:
  explicit ChunkCheck(const parquet::ColumnDescriptor& column)
      : present_(column.max_definition_level()),
        repeated_(column.max_repetition_level() > 0),
        definitions_(kBatch),
        repetitions_(kBatch),
        values_(kBatch) {}

  // Not OK: the column cannot be read. A time that is none is in found().
  arrow::Status Run(parquet::ParquetFileReader& file, int group, int leaf,
                    const std::function<void()>& on_work) {
    BEGIN_PARQUET_CATCH_EXCEPTIONS
    const auto chunks = file.RowGroup(group);
    const auto column = chunks->Column(leaf);
    auto& reader = static_cast<parquet::Int96Reader&>(*column);
    while (found_.ok() && reader.HasNext()) {
      int64_t values = 0;
      const int64_t levels =
          reader.ReadBatch(kBatch, definitions_.data(), repetitions_.data(),
                           values_.data(), &values);
      if (levels == 0) break;
      Check(static_cast<size_t>(levels));
      on_work();
    }
    END_PARQUET_CATCH_EXCEPTIONS
    return arrow::Status::OK();
  }

  const absl::Status& found() const { return found_; }
  Int96Span span() const { return span_; }
  int64_t row() const { return row_; }  // Of the row group, from 1.

 private:
  void Check(size_t levels) {
    size_t value = 0;
    for (size_t i = 0; i < levels && found_.ok(); ++i) {
      if (!repeated_ || repetitions_[i] == 0) ++row_;
      if (present_ > 0 && definitions_[i] != present_) continue;
      found_ = CheckTime(values_[value++], &span_);
    }
  }

  const int16_t present_;  // The definition level of a value.
  const bool repeated_;
  std::vector<int16_t> definitions_;
  std::vector<int16_t> repetitions_;
  std::vector<parquet::Int96> values_;
  int64_t row_ = 0;
  absl::Status found_;
  Int96Span span_ = Int96Span::kNanoseconds;
};

absl::StatusOr<Int96Span> ReadChunk(parquet::ParquetFileReader& file, int group,
                                    int leaf,
                                    const std::function<void()>& on_work) {
  const auto metadata = file.metadata();
  ChunkCheck check(*metadata->schema()->Column(leaf));
  const absl::Status read = FromArrow(check.Run(file, group, leaf, on_work));
  if (read.ok() && check.found().ok()) return check.span();

  const std::string& column = metadata->schema()->GetColumnRoot(leaf)->name();
  int64_t row = check.row();
  for (int g = 0; g < group; ++g) row += metadata->RowGroup(g)->num_rows();
  if (!read.ok()) {
    return Annotate(read, fmt::format("row group {}, rows from {}, column '{}'",
                                      group, row + 1, column));
  }
  return Annotate(
      check.found(),
      fmt::format("row group {}, row {}: column '{}'", group, row, column));
}

}  // namespace

absl::StatusOr<Int96Span> ReadInt96Times(parquet::ParquetFileReader& file,
                                         const std::vector<int>& leaves,
                                         const std::function<void()>& on_work) {
  Int96Span span = Int96Span::kNanoseconds;
  const parquet::FileMetaData& metadata = *file.metadata();
  for (const int leaf : leaves) {
    const auto* column = metadata.schema()->Column(leaf);
    if (column->physical_type() != parquet::Type::INT96) continue;
    for (int group = 0; group < metadata.num_row_groups(); ++group) {
      ASSIGN_OR_RETURN(const Int96Span chunk,
                       ReadChunk(file, group, leaf, on_work));
      span = std::max(span, chunk);
    }
  }
  return span;
}

}  // namespace freshet
