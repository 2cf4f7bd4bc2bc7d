// SPDX-License-Identifier: Apache-2.0
#include "storage/engine/version_files.h"

#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/table_properties.h>

#include <algorithm>

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/status.h"
#include "storage/engine/rocksdb_options.h"
#include "storage/engine/rocksdb_status.h"
#include "storage/engine/store_shared.h"
#include "storage/engine/version_parts.h"
#include "storage/file_sum.h"
#include "storage/version.h"

namespace freshet {
namespace {

bool IsTable(std::string_view name) { return name.ends_with(".sst"); }

template <typename T>
absl::Status Differs(std::string_view what, const T& found, const T& expected) {
  return DataLoss("its manifest says {} {}, expected {}", what, found,
                  expected);
}

absl::Status CompareFiles(const Manifest& found, const Manifest& expected) {
  if (found.files.size() != expected.files.size()) {
    return Differs("files", found.files.size(), expected.files.size());
  }
  for (size_t i = 0; i < found.files.size(); ++i) {
    if (found.files[i] != expected.files[i]) {
      return DataLoss("its manifest describes the file '{}' in another way",
                      expected.files[i].name);
    }
  }
  return absl::OkStatus();
}

// OK when equal, else a DATA_LOSS that names the first difference.
absl::Status CompareManifests(const Manifest& found, const Manifest& expected) {
  if (found == expected) return absl::OkStatus();
  if (found.view != expected.view) {
    return Differs("view", found.view, expected.view);
  }
  if (found.version != expected.version) {
    return Differs("version", found.version, expected.version);
  }
  if (found.generation != expected.generation) {
    return Differs("generation", found.generation, expected.generation);
  }
  if (found.rows != expected.rows) {
    return Differs("rows", found.rows, expected.rows);
  }
  if (found.rows_sum != expected.rows_sum) {
    return Differs("rows_sum", found.rows_sum, expected.rows_sum);
  }
  if (!(found.schema == expected.schema)) {
    return DataLoss("its manifest has another schema than expected");
  }
  RETURN_IF_ERROR(CompareFiles(found, expected));
  return DataLoss("its manifest is not the one that was committed");
}

absl::Status CheckFile(const std::string& dir, const ManifestFile& file) {
  const std::string path = dir + "/" + file.name;
  const absl::StatusOr<int64_t> bytes = FileSize(path);
  if (absl::IsNotFound(bytes.status())) {
    return DataLoss("'{}' is missing", file.name);
  }
  RETURN_IF_ERROR(bytes.status());
  if (*bytes != file.bytes) {
    return DataLoss("'{}' has {} bytes, expected {}", file.name, *bytes,
                    file.bytes);
  }
  // Before RocksDB sees it: it parses a table's properties before it checks
  // them, and then aborts the process (an assertion) or believes them. Blocks
  // of rows are checked by each read.
  ASSIGN_OR_RETURN(const uint64_t sum,
                   FileSum(path, file.bytes - file.tail_bytes, {}));
  if (sum == file.tail_xxh3) return absl::OkStatus();
  return DataLoss("the end of '{}' has the checksum {:016x}, expected {:016x}",
                  file.name, sum, file.tail_xxh3);
}

// RocksDB would replay such a file over what the tables hold.
absl::Status CheckNoLogs(const std::string& dir) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, ListDir(dir));
  for (const std::string& name : names) {
    if (name.ends_with(".log")) {
      return DataLoss("'{}' was not there when it was built", name);
    }
  }
  return absl::OkStatus();
}

absl::Status CheckFilesOf(const std::string& dir, const Manifest& expected) {
  const absl::StatusOr<Manifest> found = ReadManifest(dir);
  if (absl::IsNotFound(found.status())) {
    return DataLoss("'{}' is missing", kManifestName);
  }
  RETURN_IF_ERROR(found.status());
  RETURN_IF_ERROR(CompareManifests(*found, expected));
  for (const ManifestFile& file : expected.files) {
    RETURN_IF_ERROR(CheckFile(dir, file));
  }
  return CheckNoLogs(dir);
}

// The tables' own counts against the manifest: what RocksDB's MANIFEST lost is
// not among them.
absl::Status CheckTables(rocksdb::DB& db, const Manifest& expected) {
  rocksdb::TablePropertiesCollection tables;
  RETURN_IF_ERROR(
      FromRocksDb(db.GetPropertiesOfAllTables(&tables), "table properties"));
  uint64_t rows = 0;
  for (const auto& [path, properties] : tables) {
    if (properties == nullptr) return DataLoss("'{}' has no properties", path);
    rows += properties->num_entries;
  }
  const auto files = static_cast<size_t>(std::count_if(
      expected.files.begin(), expected.files.end(),
      [](const ManifestFile& file) { return IsTable(file.name); }));
  if (tables.size() != files) {
    return DataLoss("it has {} tables, expected {}", tables.size(), files);
  }
  if (static_cast<int64_t>(rows) != expected.rows) {
    return DataLoss("its tables hold {} rows, expected {}", rows,
                    expected.rows);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckVersionFiles(const std::string& dir,
                               const Manifest& expected) {
  return Annotate(CheckFilesOf(dir, expected),
                  fmt::format("version '{}'", dir));
}

absl::StatusOr<std::unique_ptr<rocksdb::DB>> OpenVersionDb(
    const std::string& dir, const Manifest& expected,
    const StoreResources::Shared& shared) {
  const std::string context = fmt::format("version '{}'", dir);
  rocksdb::DB* opened = nullptr;
  RETURN_IF_ERROR(FromRocksDb(
      rocksdb::DB::OpenForReadOnly(ReaderOptions(shared), dir, &opened),
      context));
  std::unique_ptr<rocksdb::DB> db(opened);
  RETURN_IF_ERROR(Annotate(CheckTables(*db, expected), context));
  return db;
}

}  // namespace freshet
