// SPDX-License-Identifier: Apache-2.0
#include "tests/loader/load_kit.h"

#include <arrow/buffer.h>
#include <arrow/io/compressed.h>
#include <arrow/io/memory.h>
#include <arrow/util/compression.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/check.h"
#include "base/file.h"
#include "features/key_codec.h"
#include "features/row_codec.h"
#include "loader/load.h"
#include "storage/store_resources.h"
#include "storage/version.h"

namespace freshet {
namespace {

Type TypeOf(const std::string& text) {
  absl::StatusOr<Type> type = Type::Parse(text);
  CHECK(type.ok());
  return *type;
}

RowSchema SchemaOf(const LoadKit::NamedTypes& keys,
                   const LoadKit::NamedTypes& features) {
  std::vector<KeyPart> parts;
  for (const auto& [name, type] : keys) parts.push_back({name, TypeOf(type)});
  std::vector<Column> columns;
  for (const auto& [name, type] : features) {
    const auto id = static_cast<uint32_t>(columns.size() + 1);
    columns.push_back({id, name, TypeOf(type)});
  }
  return RowSchema(1, std::move(parts), std::move(columns));
}

std::string KeyText(const RowSchema& schema, std::string_view key) {
  const auto values = DecodeKey(schema.key(), key);
  CHECK(values.ok());
  std::string text;
  for (size_t i = 0; i < values->size(); ++i) {
    const Value& value = (*values)[i];
    const auto* string = std::get_if<std::string>(&value.v);
    text += (i == 0 ? "" : "|") +
            (string != nullptr ? *string
                               : FormatValue(schema.key()[i].type, value));
  }
  return text;
}

LoadedRow Decode(const RowSchema& schema, std::string_view bytes) {
  const auto view = RowView::Parse(schema, bytes);
  CHECK(view.ok());
  LoadedRow row;
  row.event_time_micros = view->event_time_micros();
  for (size_t i = 0; i < schema.columns().size(); ++i) {
    auto value = view->Get(i);
    CHECK(value.ok());
    row.values.push_back(*std::move(value));
  }
  return row;
}

}  // namespace

LoadKit::LoadKit(const NamedTypes& keys, const NamedTypes& features) {
  spec_.view = "view";
  spec_.version = 1;
  spec_.schema = SchemaOf(keys, features);
  spec_.source.path = dir_.File("snapshot");
  spec_.source.timestamp_field = "ts";
  spec_.roots = {dir_.path()};
  spec_.building_dir = dir_.File("v1.building");
  spec_.now_micros = 1'388'534'400'000'000;
  spec_.sort_buffer_bytes = 8 << 20;
  spec_.row_bytes_max = 1 << 20;
  spec_.columns_max = 4096;
  spec_.build = "test";
  CHECK(MakeDir(spec_.source.path).ok());
}

LoadKit::~LoadKit() = default;

std::string LoadKit::File(const std::string& name) const {
  return dir_.File("snapshot") + "/" + name;
}

void LoadKit::Write(const std::string& name, std::string_view bytes) const {
  std::filesystem::create_directories(
      std::filesystem::path(File(name)).parent_path());
  std::ofstream(File(name), std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

absl::Status LoadKit::Load() {
  CHECK(RemoveTree(spec_.building_dir).ok());
  CHECK(MakeDir(spec_.building_dir).ok());
  const UniqueFd nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  ProgressReporter progress(nowhere.get());
  return RunLoad(spec_, progress);
}

Manifest LoadKit::manifest() const {
  auto manifest = ReadManifest(spec_.building_dir);
  CHECK(manifest.ok());
  return *std::move(manifest);
}

std::map<std::string, LoadedRow> LoadKit::Rows() const {
  StoreResources resources(8 << 20);
  const Manifest expected = manifest();
  const auto version = Version::Open(spec_.building_dir, expected, resources);
  CHECK(version.ok());
  std::map<std::string, LoadedRow> rows;
  const auto take = [&](std::string_view key, std::string_view row) {
    rows.emplace(KeyText(spec_.schema, key), Decode(spec_.schema, row));
    return true;
  };
  CHECK((*version)->Scan(take).ok());
  return rows;
}

std::string LoadKit::Only(const std::string& feature) const {
  const auto rows = Rows();
  CHECK(rows.size() == 1);
  const auto& columns = spec_.schema.columns();
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name != feature) continue;
    return FormatValue(columns[i].type, rows.begin()->second.values[i]);
  }
  CHECK(false);
  return "";
}

std::string Pack(std::string_view text, const std::string& codec) {
  auto made = arrow::util::Codec::Create(
      codec == "gzip" ? arrow::Compression::GZIP : arrow::Compression::ZSTD);
  auto sink = arrow::io::BufferOutputStream::Create().ValueOrDie();
  auto stream =
      arrow::io::CompressedOutputStream::Make(made->get(), sink).ValueOrDie();
  CHECK(stream->Write(text.data(), static_cast<int64_t>(text.size())).ok());
  CHECK(stream->Close().ok());
  return sink->Finish().ValueOrDie()->ToString();
}

}  // namespace freshet
