// SPDX-License-Identifier: Apache-2.0
// A row on disk, of a schema with a column of each kind. Whatever the bytes,
// every column answers or says DATA_LOSS; what could be read and written again
// reads the same.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "features/row_codec.h"
#include "features/row_schema.h"

namespace {

using freshet::Kind;
using freshet::Type;

const freshet::RowSchema& Schema() {
  static const freshet::RowSchema schema = [] {
    std::vector<freshet::Column> columns;
    const auto add = [&columns](Type type) {
      const auto id = static_cast<uint32_t>(columns.size() + 1);
      columns.push_back({.id = id, .name = "c", .type = type});
    };
    for (const Kind kind :
         {Kind::kBool, Kind::kInt32, Kind::kInt64, Kind::kFloat, Kind::kDouble,
          Kind::kString, Kind::kBytes, Kind::kTimestamp}) {
      add({.kind = kind});
      add({.kind = kind, .list = true});
    }
    add({.kind = Kind::kDecimal, .precision = 18, .scale = 3});
    add({.kind = Kind::kFloat, .fixed_length = 3});
    return freshet::RowSchema(7, {{.name = "k", .type = {}}},
                              std::move(columns));
  }();
  return schema;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  (void)freshet::RowSchemaId(input);
  const freshet::RowSchema& schema = Schema();
  const auto row = freshet::RowView::Parse(schema, input);
  if (!row.ok()) return 0;

  freshet::RowWriter writer(schema);
  writer.Begin(row->event_time_micros());
  std::vector<freshet::Value> values;
  bool writable = true;
  for (size_t i = 0; i < schema.columns().size(); ++i) {
    auto value = row->Get(i);
    writable = writable && value.ok() && writer.SetValue(i, *value).ok();
    values.push_back(value.ok() ? *std::move(value) : freshet::Value());
  }
  if (!writable) return 0;
  const auto again = freshet::RowView::Parse(schema, writer.Finish());
  CHECK(again.ok());
  for (size_t i = 0; i < values.size(); ++i) {
    const auto value = again->Get(i);
    CHECK(value.ok() && *value == values[i]);
  }
  return 0;
}
