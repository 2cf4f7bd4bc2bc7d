// SPDX-License-Identifier: Apache-2.0
// Makes the files that tests load, by Arrow's own writers.
#pragma once

#include <arrow/type_fwd.h>
#include <parquet/properties.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace freshet {

// A column as JSON: `{"f", arrow::int64(), "[1, null]"}`.
struct JsonColumn {
  std::string name;
  std::shared_ptr<arrow::DataType> type;
  std::string values;
};

std::shared_ptr<arrow::Table> TableOf(const std::vector<JsonColumn>& columns);

// The columns `id` (int64: 1, 2, ...) and `ts` (UTC, 2013-12-31T00:00:00Z),
// then the one given, as long as it.
std::shared_ptr<arrow::Table> TableWith(const JsonColumn& column);

struct ParquetOptions {
  int64_t row_group_rows = 1 << 20;
  bool int96 = false;
  std::shared_ptr<parquet::WriterProperties> properties =
      parquet::default_writer_properties();
};

void WriteParquet(const std::string& path, const arrow::Table& table,
                  const ParquetOptions& options = {});

struct Int96Time {
  uint32_t julian_day = 0;  // 2440588 is 1970-01-01.
  int64_t nanos = 0;
};

// The columns `id` (int64: 1, 2, ...), `one` (always 1) and `ts` (INT96), as
// they are: Arrow's writer could not be made to lie. Each time is a row group
// of its own.
void WriteInt96(const std::string& path, const std::vector<Int96Time>& times);

// `stream`: the stream format, else the file format. `codec`: "", "zstd" or
// "lz4".
void WriteArrow(const std::string& path, const arrow::Table& table, bool stream,
                const std::string& codec = "");

}  // namespace freshet
