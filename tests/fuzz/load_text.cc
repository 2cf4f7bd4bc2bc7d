// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/load_text.h"

#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"
#include "features/row_codec.h"
#include "loader/field_names.h"
#include "loader/formats/batch_reader.h"
#include "loader/rows/row_encoder.h"

namespace freshet {
namespace {

RowSchema EveryType() {
  std::vector<Column> columns;
  for (const char* type :
       {"bool", "int32", "int64", "float", "double", "string", "bytes",
        "timestamp", "decimal(10,2)", "float[2]", "list<int64>", "list<string>",
        "list<timestamp>"}) {
    const auto id = static_cast<uint32_t>(columns.size() + 1);
    columns.push_back({id, std::string(1, static_cast<char>('a' + id - 1)),
                       *Type::Parse(type)});
  }
  return RowSchema(1, {{"id", *Type::Parse("int64")}}, std::move(columns));
}

UniqueFd FileOf(std::string_view bytes) {
  UniqueFd fd(::memfd_create("snapshot", MFD_CLOEXEC));
  CHECK(fd.ok());
  CHECK(::pwrite(fd.get(), bytes.data(), bytes.size(), 0) ==
        static_cast<ssize_t>(bytes.size()));
  return fd;
}

void EncodeAll(BatchReader& reader, RowEncoder& encoder,
               const RowSchema& schema) {
  if (!encoder.Bind(reader.schema(), [](std::string_view) { return true; })
           .ok())
    return;
  for (;;) {
    const auto batch = reader.Next();
    if (!batch.ok() || *batch == nullptr) return;
    encoder.Attach(*batch);
    for (int64_t i = 0; i < (*batch)->num_rows(); ++i) {
      if (!encoder.Encode(i).ok()) return;
      const auto row = RowView::Parse(schema, encoder.row());
      CHECK(row.ok());
      for (size_t c = 0; c < schema.columns().size(); ++c) {
        CHECK(row->Get(c).ok());
      }
    }
  }
}

}  // namespace

void LoadText(std::string_view bytes, FileFormat format) {
  const RowSchema schema = EveryType();
  BatchSource source;
  source.timestamp_field = "ts";
  source.zone = "America/New_York";
  source.at_day = DayPoint::kEndOfDay;
  RowEncoderOptions options;
  options.row_bytes_max = 1 << 16;
  const auto encoder = RowEncoder::Create(schema, source, options);
  CHECK(encoder.ok());
  FieldNames names((*encoder)->wanted(), 64);
  OpenFile file;
  file.fd = FileOf(bytes);
  file.name = "fuzz";
  file.bytes = static_cast<int64_t>(bytes.size());
  file.format = format;
  file.wanted = (*encoder)->wanted();
  file.limits.columns_max = 64;
  file.limits.row_bytes_max = options.row_bytes_max;
  file.limits.batch_rows_max = 4;  // More than one batch of a small file.
  file.pool = arrow::default_memory_pool();
  file.names_seen = &names;
  const auto reader = OpenBatchReader(std::move(file));
  if (reader.ok()) EncodeAll(**reader, **encoder, schema);
}

}  // namespace freshet
