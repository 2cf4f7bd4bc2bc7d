// SPDX-License-Identifier: Apache-2.0
#include "tests/loader/arrow_kit.h"

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <arrow/ipc/writer.h>
#include <arrow/json/from_string.h>
#include <arrow/util/compression.h>
#include <parquet/arrow/writer.h>
#include <parquet/column_writer.h>
#include <parquet/file_writer.h>

#include <cstring>

#include "base/check.h"

namespace freshet {

std::shared_ptr<arrow::Table> TableOf(const std::vector<JsonColumn>& columns) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const JsonColumn& column : columns) {
    fields.push_back(arrow::field(column.name, column.type));
    arrays.push_back(
        arrow::json::ArrayFromJSONString(column.type, column.values)
            .ValueOrDie());
  }
  return arrow::Table::Make(arrow::schema(fields), arrays);
}

std::shared_ptr<arrow::Table> TableWith(const JsonColumn& column) {
  const auto values =
      arrow::json::ArrayFromJSONString(column.type, column.values).ValueOrDie();
  arrow::Int64Builder ids;
  const auto utc = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
  arrow::TimestampBuilder times(utc, arrow::default_memory_pool());
  for (int64_t i = 1; i <= values->length(); ++i) {
    CHECK(ids.Append(i).ok());
    CHECK(times.Append(1'388'448'000'000'000).ok());
  }
  return arrow::Table::Make(
      arrow::schema({arrow::field("id", arrow::int64()),
                     arrow::field("ts", utc),
                     arrow::field(column.name, column.type)}),
      {ids.Finish().ValueOrDie(), times.Finish().ValueOrDie(), values});
}

void WriteParquet(const std::string& path, const arrow::Table& table,
                  const ParquetOptions& options) {
  auto sink = arrow::io::FileOutputStream::Open(path).ValueOrDie();
  parquet::ArrowWriterProperties::Builder arrow_properties;
  arrow_properties.store_schema();
  if (options.int96) arrow_properties.enable_deprecated_int96_timestamps();
  CHECK(parquet::arrow::WriteTable(table, arrow::default_memory_pool(), sink,
                                   options.row_group_rows, options.properties,
                                   arrow_properties.build())
            .ok());
  CHECK(sink->Close().ok());
}

void WriteInt96(const std::string& path, const std::vector<Int96Time>& times) {
  using parquet::schema::PrimitiveNode;
  const auto schema = parquet::schema::GroupNode::Make(
      "schema", parquet::Repetition::REQUIRED,
      {PrimitiveNode::Make("id", parquet::Repetition::REQUIRED,
                           parquet::Type::INT64),
       PrimitiveNode::Make("one", parquet::Repetition::REQUIRED,
                           parquet::Type::INT64),
       PrimitiveNode::Make("ts", parquet::Repetition::OPTIONAL,
                           parquet::Type::INT96)});
  const auto writer = parquet::ParquetFileWriter::Open(
      arrow::io::FileOutputStream::Open(path).ValueOrDie(),
      std::static_pointer_cast<parquet::schema::GroupNode>(schema));
  int64_t id = 0;
  for (const Int96Time& time : times) {
    auto* group = writer->AppendRowGroup();
    ++id;
    static_cast<parquet::Int64Writer*>(group->NextColumn())
        ->WriteBatch(1, nullptr, nullptr, &id);
    const int64_t one = 1;
    static_cast<parquet::Int64Writer*>(group->NextColumn())
        ->WriteBatch(1, nullptr, nullptr, &one);
    parquet::Int96 value;
    std::memcpy(value.value.data(), &time.nanos, sizeof(time.nanos));
    value.value[2] = time.julian_day;
    const int16_t present = 1;
    static_cast<parquet::Int96Writer*>(group->NextColumn())
        ->WriteBatch(1, &present, nullptr, &value);
  }
  writer->Close();
}

void WriteArrow(const std::string& path, const arrow::Table& table, bool stream,
                const std::string& codec) {
  arrow::ipc::IpcWriteOptions options = arrow::ipc::IpcWriteOptions::Defaults();
  if (!codec.empty()) {
    options.codec = arrow::util::Codec::Create(
                        codec == "zstd" ? arrow::Compression::ZSTD
                                        : arrow::Compression::LZ4_FRAME)
                        .ValueOrDie();
  }
  auto sink = arrow::io::FileOutputStream::Open(path).ValueOrDie();
  auto writer =
      stream ? arrow::ipc::MakeStreamWriter(sink, table.schema(), options)
             : arrow::ipc::MakeFileWriter(sink, table.schema(), options);
  CHECK((*writer)->WriteTable(table, 1000).ok());
  CHECK((*writer)->Close().ok());
  CHECK(sink->Close().ok());
}

}  // namespace freshet
