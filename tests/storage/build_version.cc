// SPDX-License-Identifier: Apache-2.0
#include "tests/storage/build_version.h"

#include <fmt/format.h>

#include <random>

#include "base/check.h"
#include "base/file.h"
#include "base/status.h"
#include "features/little_endian.h"
#include "features/row_codec.h"

namespace freshet {

RowSchema TestSchema() {
  return RowSchema(1, {{"id", {.kind = Kind::kString}}},
                   {{1, "number", {.kind = Kind::kInt64}},
                    {2, "text", {.kind = Kind::kString}},
                    {3, "ratio", {.kind = Kind::kDouble}}});
}

Manifest TestIdentity(int64_t version) {
  Manifest identity;
  identity.view = "user";
  identity.version = version;
  identity.schema = TestSchema();
  identity.as_of_micros = 77;
  identity.built_at_micros = 88;
  identity.source = "snapshots/user";
  identity.source_bytes = 99;
  identity.build = "test";
  return identity;
}

std::string TestRow(int64_t number, size_t text_bytes) {
  static const RowSchema schema = TestSchema();
  RowWriter writer(schema);
  writer.Begin(1000 + number);
  std::string slot;
  AppendLittle(number, &slot);
  writer.SetFixed(0, slot);
  std::mt19937_64 random(static_cast<uint64_t>(number));
  std::string text(text_bytes, 'x');
  for (char& c : text) c = static_cast<char>('a' + random() % 26);
  writer.SetBytes(1, text);
  return std::string(writer.Finish());
}

Rows TestRows(int64_t count, size_t text_bytes) {
  Rows rows;
  for (int64_t i = 0; i < count; ++i) {
    rows[fmt::format("k{:06}", i)] = TestRow(i, text_bytes);
  }
  return rows;
}

absl::StatusOr<Manifest> BuildVersion(const std::string& dir, const Rows& rows,
                                      const VersionWriterOptions& options,
                                      const Manifest& identity) {
  RETURN_IF_ERROR(MakeDir(dir));
  ASSIGN_OR_RETURN(const auto writer,
                   VersionWriter::Create(dir, identity, options));
  for (const auto& [key, row] : rows) RETURN_IF_ERROR(writer->Add(key, row));
  return writer->Finish();
}

std::vector<Found> LookUp(const Version& version,
                          const std::vector<std::string>& keys) {
  const std::vector<std::string_view> views(keys.begin(), keys.end());
  RowBatch batch;
  version.LookupCached(views, batch);
  version.LookupDisk(views, batch);
  std::vector<Found> found(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    found[i].state = batch.state(i);
    if (found[i].state == RowBatch::State::kFound) found[i].row = batch.row(i);
  }
  return found;
}

std::vector<std::string> KeysOf(const Rows& rows) {
  std::vector<std::string> keys;
  for (const auto& [key, row] : rows) keys.push_back(key);
  return keys;
}

}  // namespace freshet
