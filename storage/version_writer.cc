// SPDX-License-Identifier: Apache-2.0
#include "storage/version_writer.h"

#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table_properties.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "base/error.h"
#include "base/failpoint.h"
#include "base/file.h"
#include "base/status.h"
#include "storage/engine/rocksdb_options.h"
#include "storage/engine/rocksdb_status.h"
#include "storage/file_sum.h"
#include "storage/stats/row_totals.h"

namespace freshet {
namespace {

constexpr std::string_view kLockName = "LOCK";
// A directory of its own, since RocksDB deletes tables in its directory that
// it does not know.
constexpr std::string_view kStagingName = "staging";

// Free space is asked for at each file and whenever so many bytes of rows came
// since; what RocksDB itself writes beside the rows until then (its own small
// files, and index and filter of the open file) stays below the slack.
constexpr int64_t kCheckEveryBytes = 1 << 20;
constexpr int64_t kSlackBytes = 3 << 20;
constexpr int64_t kFilterBytesPerRow = 2;
constexpr int64_t kRowBytesPerIndexByte = 64;

}  // namespace

struct VersionWriter::Parts {
  Parts(std::string directory, Manifest identity,
        const VersionWriterOptions& writer_options)
      : dir(std::move(directory)),
        manifest(std::move(identity)),
        options(writer_options),
        rocksdb_options(BuilderOptions(options.block_bytes)),
        totals(manifest.schema) {}

  // Whether `coming` bytes of rows may be written.
  absl::Status CheckFreeSpace(int64_t coming = 0);
  absl::Status OpenFile();
  absl::Status CloseFile();
  absl::Status VerifyFiles();
  absl::Status Ingest();
  absl::Status NoteBlocks(rocksdb::DB& db);
  absl::Status RemoveWhatIsNotKept();
  absl::Status ListFiles();
  absl::StatusOr<ManifestFile> Describe(const std::string& name) const;

  std::string dir;
  Manifest manifest;
  VersionWriterOptions options;
  rocksdb::Options rocksdb_options;
  RowTotals totals;
  std::unique_ptr<rocksdb::SstFileWriter> file;  // Null between files.
  std::vector<std::string> paths;                // Of all files.
  int64_t finished_bytes = 0;
  int64_t rows_at_file_start = 0;
  int64_t bytes_at_file_start = 0;
  int64_t bytes_at_check = 0;
  std::string last_key;
  // By the name of a table: how many bytes of it are blocks of rows.
  std::map<std::string, int64_t> blocks_bytes;
};

absl::Status VersionWriter::Parts::CheckFreeSpace(int64_t coming) {
  bytes_at_check = totals.bytes();
  const int64_t index =
      (totals.bytes() - bytes_at_file_start) / kRowBytesPerIndexByte;
  const int64_t filter =
      (totals.rows() - rows_at_file_start) * kFilterBytesPerRow;
  const int64_t wanted =
      options.disk_reserve_bytes + kSlackBytes + index + filter + coming;
  ASSIGN_OR_RETURN(const int64_t free, FreeBytes(dir));
  if (free >= wanted) return absl::OkStatus();
  return ResourceExhausted(
      "'{}': {} bytes free on its disk, {} wanted to go on (reserve {}); make "
      "room or lower the reserve",
      dir, free, wanted, options.disk_reserve_bytes);
}

absl::Status VersionWriter::Parts::OpenFile() {
  RETURN_IF_ERROR(FAILPOINT("build.open_file"));
  rows_at_file_start = totals.rows();
  bytes_at_file_start = totals.bytes();
  RETURN_IF_ERROR(CheckFreeSpace());
  paths.push_back(
      fmt::format("{}/{}/{:06}.sst", dir, kStagingName, paths.size() + 1));
  file = std::make_unique<rocksdb::SstFileWriter>(
      rocksdb::EnvOptions(rocksdb_options), rocksdb_options,
      /*column_family=*/nullptr, /*invalidate_page_cache=*/false);
  return FromRocksDb(file->Open(paths.back()), paths.back());
}

absl::Status VersionWriter::Parts::CloseFile() {
  RETURN_IF_ERROR(CheckFreeSpace());
  rocksdb::ExternalSstFileInfo written;
  RETURN_IF_ERROR(FromRocksDb(file->Finish(&written), paths.back()));
  finished_bytes += static_cast<int64_t>(written.file_size);
  file.reset();
  return absl::OkStatus();
}

// The ingest could do the same, but would say nothing until it has read them
// all.
absl::Status VersionWriter::Parts::VerifyFiles() {
  for (const std::string& path : paths) {
    options.on_work();
    rocksdb::SstFileReader reader(rocksdb_options);
    RETURN_IF_ERROR(FromRocksDb(reader.Open(path), path));
    RETURN_IF_ERROR(FromRocksDb(reader.VerifyChecksum(), path));
  }
  return absl::OkStatus();
}

absl::Status VersionWriter::Parts::Ingest() {
  RETURN_IF_ERROR(FAILPOINT("build.ingest"));
  RETURN_IF_ERROR(CheckFreeSpace());
  RETURN_IF_ERROR(VerifyFiles());
  rocksdb::DB* opened = nullptr;
  RETURN_IF_ERROR(
      FromRocksDb(rocksdb::DB::Open(rocksdb_options, dir, &opened), dir));
  const std::unique_ptr<rocksdb::DB> db(opened);
  if (!paths.empty()) {
    rocksdb::IngestExternalFileOptions ingest;
    ingest.move_files = true;
    ingest.failed_move_fall_back_to_copy = false;
    ingest.write_global_seqno = false;
    ingest.fail_if_not_bottommost_level = true;
    RETURN_IF_ERROR(
        FromRocksDb(db->IngestExternalFile(paths, ingest), "ingest"));
  }
  RETURN_IF_ERROR(NoteBlocks(*db));
  return FromRocksDb(db->Close(), dir);
}

absl::Status VersionWriter::Parts::NoteBlocks(rocksdb::DB& db) {
  rocksdb::TablePropertiesCollection tables;
  RETURN_IF_ERROR(FromRocksDb(db.GetPropertiesOfAllTables(&tables), dir));
  for (const auto& [path, properties] : tables) {
    blocks_bytes[std::filesystem::path(path).filename().string()] =
        static_cast<int64_t>(properties->data_size);
  }
  return absl::OkStatus();
}

// The log is empty: nothing was put. The rest RocksDB writes and never reads
// from a database that is opened read-only: files that are not there cannot be
// damaged.
absl::Status VersionWriter::Parts::RemoveWhatIsNotKept() {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, ListDir(dir));
  for (const std::string& name : names) {
    if (name == kStagingName || name == "IDENTITY" || name.ends_with(".log") ||
        name.starts_with("OPTIONS-")) {
      RETURN_IF_ERROR(RemoveTree(dir + "/" + name));
    }
  }
  return absl::OkStatus();
}

absl::Status VersionWriter::Parts::ListFiles() {
  RETURN_IF_ERROR(FAILPOINT("build.sync"));
  ASSIGN_OR_RETURN(const std::vector<std::string> names, ListDir(dir));
  for (const std::string& name : names) {
    if (name == kLockName) continue;
    RETURN_IF_ERROR(SyncFile(dir + "/" + name));
    ASSIGN_OR_RETURN(ManifestFile file_entry, Describe(name));
    manifest.files.push_back(std::move(file_entry));
  }
  return absl::OkStatus();
}

absl::StatusOr<ManifestFile> VersionWriter::Parts::Describe(
    const std::string& name) const {
  const std::string path = dir + "/" + name;
  const auto keep_going = [this] {
    options.on_work();
    return true;
  };
  ManifestFile entry;
  entry.name = name;
  ASSIGN_OR_RETURN(entry.bytes, FileSize(path));
  ASSIGN_OR_RETURN(entry.xxh3, FileSum(path, 0, keep_going));
  const auto blocks = blocks_bytes.find(name);
  const int64_t from = blocks == blocks_bytes.end() ? 0 : blocks->second;
  entry.tail_bytes = entry.bytes - from;
  ASSIGN_OR_RETURN(entry.tail_xxh3, FileSum(path, from, keep_going));
  return entry;
}

VersionWriter::VersionWriter(std::unique_ptr<Parts> parts)
    : parts_(std::move(parts)) {}

VersionWriter::~VersionWriter() = default;

absl::StatusOr<std::unique_ptr<VersionWriter>> VersionWriter::Create(
    std::string dir, Manifest identity, const VersionWriterOptions& options) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, ListDir(dir));
  for (const std::string& name : names) {
    if (name != kLockName) {
      return FailedPrecondition("'{}' is not empty: it holds '{}'", dir, name);
    }
  }
  RETURN_IF_ERROR(MakeDir(fmt::format("{}/{}", dir, kStagingName)));
  identity.files.clear();
  auto parts =
      std::make_unique<Parts>(std::move(dir), std::move(identity), options);
  RETURN_IF_ERROR(parts->CheckFreeSpace());
  return std::unique_ptr<VersionWriter>(new VersionWriter(std::move(parts)));
}

absl::Status VersionWriter::Add(std::string_view key, std::string_view row) {
  Parts& parts = *parts_;
  if (parts.totals.rows() > 0 && key <= parts.last_key) {
    return InvalidArgument("a key is not greater than the one before");
  }
  if (parts.file == nullptr) RETURN_IF_ERROR(parts.OpenFile());
  const auto coming = static_cast<int64_t>(key.size() + row.size());
  if (parts.totals.bytes() + coming - parts.bytes_at_check > kCheckEveryBytes) {
    RETURN_IF_ERROR(parts.CheckFreeSpace(coming));
  }
  RETURN_IF_ERROR(parts.totals.Add(key, row));
  parts.last_key.assign(key);
  RETURN_IF_ERROR(FromRocksDb(
      parts.file->Put({key.data(), key.size()}, {row.data(), row.size()}),
      parts.paths.back()));
  const bool full =
      static_cast<int64_t>(parts.file->FileSize()) >=
          parts.options.file_bytes ||
      parts.totals.rows() - parts.rows_at_file_start >= parts.options.file_rows;
  return full ? parts.CloseFile() : absl::OkStatus();
}

absl::StatusOr<Manifest> VersionWriter::Finish(
    int64_t rows_replaced, std::optional<int64_t> live_rows) {
  Parts& parts = *parts_;
  if (parts.file != nullptr) RETURN_IF_ERROR(parts.CloseFile());
  RETURN_IF_ERROR(parts.Ingest());
  if (parts.options.on_ingested) parts.options.on_ingested();
  RETURN_IF_ERROR(parts.RemoveWhatIsNotKept());
  RETURN_IF_ERROR(parts.ListFiles());

  Manifest& manifest = parts.manifest;
  parts.totals.WriteTo(manifest);
  manifest.rows_replaced = rows_replaced;
  if (live_rows.has_value()) manifest.live_rows = *live_rows;
  if (parts.options.as_of_from_rows) {
    manifest.as_of_micros = manifest.event_time_max_micros;
  }
  RETURN_IF_ERROR(SyncDir(parts.dir));
  // Renamed into place, so that the name never stands for half a manifest, and
  // only after all that it names is on disk.
  RETURN_IF_ERROR(FAILPOINT("build.manifest"));
  const std::string path = fmt::format("{}/{}", parts.dir, kManifestName);
  RETURN_IF_ERROR(WriteFileSynced(path + ".new", SerializeManifest(manifest)));
  RETURN_IF_ERROR(RenameSynced(path + ".new", path));
  return manifest;
}

int64_t VersionWriter::rows() const { return parts_->totals.rows(); }

int64_t VersionWriter::bytes_written() const {
  const int64_t open = parts_->file == nullptr
                           ? 0
                           : static_cast<int64_t>(parts_->file->FileSize());
  return parts_->finished_bytes + open;
}

}  // namespace freshet
