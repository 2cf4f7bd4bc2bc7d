// SPDX-License-Identifier: Apache-2.0
// Writes the fixtures of the current format into a directory:
//   make_fixture tests/storage/fixtures/format-<n>
// Run it once for a new format, and never again: what it wrote is committed,
// so that each later release is shown to read it.
#include <fmt/format.h>

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/status.h"
#include "features/key_codec.h"
#include "features/row_codec.h"
#include "storage/version_writer.h"
#include "tests/storage/fixture_rows.h"

namespace freshet {
namespace {

struct Over {
  int64_t base = 0;
  std::optional<int64_t> live_rows = {};
};

// In a row without values its key is deleted.
absl::Status Make(const std::string& dir, int64_t version,
                  const std::vector<FixtureRow>& rows, const Over& over = {}) {
  Manifest identity;
  identity.view = "fixture";
  identity.version = version;
  identity.base = over.base;
  identity.generation = 2;
  identity.schema = FixtureSchema();
  identity.built_at_micros = 1'388'534'400'000'000;
  identity.source = "none";
  identity.build = "fixture";
  RETURN_IF_ERROR(MakeDir(dir));
  ASSIGN_OR_RETURN(const auto writer,
                   VersionWriter::Create(dir, identity,
                                         {.file_bytes = 4 << 10,
                                          .block_bytes = 1 << 10,
                                          .as_of_from_rows = true}));
  RowWriter row_writer(identity.schema);
  for (const FixtureRow& row : rows) {
    ASSIGN_OR_RETURN(const std::string key,
                     EncodeKey(identity.schema.key(), row.key));
    if (row.values.empty()) {
      RETURN_IF_ERROR(
          writer->Add(key, DeletedRow(identity.schema, row.event_time_micros)));
      continue;
    }
    row_writer.Begin(row.event_time_micros);
    for (size_t i = 0; i < row.values.size(); ++i) {
      RETURN_IF_ERROR(row_writer.SetValue(i, row.values[i]));
    }
    RETURN_IF_ERROR(writer->Add(key, row_writer.Finish()));
  }
  RETURN_IF_ERROR(writer->Finish(0, over.live_rows).status());
  return RemoveTree(dir + "/LOCK");
}

absl::Status MakeAll(const std::string& dir) {
  const std::vector<FixtureRow> rows = FixtureRows();
  RETURN_IF_ERROR(Make(dir + "/full", 7, rows));
  RETURN_IF_ERROR(Make(dir + "/empty", 8, {}));
  std::vector<FixtureRow> over = {rows[0], rows[1]};
  over[0].values.clear();
  over[1].event_time_micros = rows[0].event_time_micros;
  return Make(dir + "/over", 9, over,
              {.base = 7, .live_rows = static_cast<int64_t>(rows.size()) - 1});
}

}  // namespace
}  // namespace freshet

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: make_fixture DIRECTORY\n");
    return 64;
  }
  const absl::Status status = freshet::MakeAll(argv[1]);
  if (status.ok()) return 0;
  fmt::print(stderr, "{}\n", status.ToString());
  return 1;
}
