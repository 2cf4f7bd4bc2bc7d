// SPDX-License-Identifier: Apache-2.0
#include "loader/snapshot_reading.h"

#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "base/status.h"
#include "config/object_url.h"
#include "loader/path_columns.h"
#include "loader/remote/object_files.h"
#include "loader/snapshot/local_files.h"
#include "loader/snapshot/snapshot_manifest.h"

namespace freshet {
namespace {

// What decoding a batch may hold at once. With the sort buffer, RocksDB and
// the libraries it stays under the promised buffer + 300 MiB.
constexpr int64_t kDecodeBytesMax = 208 << 20;

}  // namespace

SnapshotReading::SnapshotReading(const LoadSpec& spec,
                                 ProgressReporter& progress)
    : spec_(spec),
      progress_(progress),
      on_work_([&progress] { progress.Worked(); }),
      pool_(std::make_unique<arrow::CappedMemoryPool>(
          arrow::default_memory_pool(), kDecodeBytesMax)) {}

SnapshotReading::~SnapshotReading() = default;

void SnapshotReading::ReleaseMemory() { pool_->ReleaseUnused(); }

absl::Status SnapshotReading::Open() {
  const uint64_t before =
      files_ == nullptr ? spec_.source_sum : files_->listing().Sum();
  files_.reset();
  rows_ = 0;
  bytes_before_ = 0;
  ASSIGN_OR_RETURN(files_, OpenFiles());
  progress_.SetBytesTotal(files_->bytes_total());
  if (before == 0 || files_->listing().Sum() == before) return absl::OkStatus();
  return Aborted(
      "the files are not those that the watch saw, or that were read first: "
      "they changed since, or the store does not list all of them each time");
}

absl::StatusOr<std::unique_ptr<SnapshotFiles>> SnapshotReading::OpenFiles()
    const {
  if (IsUrl(spec_.source.path)) return ObjectFiles::Open(spec_, on_work_);
  ASSIGN_OR_RETURN(auto files,
                   LocalFiles::Open(spec_.source, spec_.roots, on_work_));
  RETURN_IF_ERROR(CheckSizes(files->files(), spec_.file_bytes_max));
  return files;
}

absl::Status SnapshotReading::Read(const RowTaker& taker) {
  json_names_ = std::make_unique<FieldNames>(taker.wanted, spec_.columns_max);
  for (const SourceFile& file : files_->files()) {
    place_ = fmt::format("file '{}'", file.name);
    if (absl::Status read = ReadFile(file, taker); !read.ok()) {
      // A file that was replaced reads as damaged: say the cause. A store that
      // does not answer is not asked more.
      if (!IsFaultOfStore(read)) RETURN_IF_ERROR(files_->CheckUnchanged());
      return Annotate(WithPathHint(read, taker), place_);
    }
    bytes_before_ += file.bytes;
  }
  place_.clear();
  if (!json_names_->empty()) {
    std::set<std::string> names = json_names_->Names();
    if (spec_.source.partitions == Partitions::kHive) {
      names.insert(path_names_.begin(), path_names_.end());
    }
    RETURN_IF_ERROR(WithPathHint(
        CheckColumns(taker.wanted, {names.begin(), names.end()}), taker));
  }
  RETURN_IF_ERROR(files_->CheckUnchanged());
  return CheckRows();
}

absl::Status SnapshotReading::CheckRows() const {
  const SnapshotListing& listing = files_->listing();
  if (!listing.rows.has_value() || *listing.rows == rows_) {
    return absl::OkStatus();
  }
  return DataLoss("the snapshot's files hold {} rows, its '{}' says {}", rows_,
                  spec_.source.manifest, *listing.rows);
}

absl::StatusOr<std::unique_ptr<BatchReader>> SnapshotReading::OpenReader(
    const SourceFile& file, const RowTaker& taker) {
  OpenFile open;
  ASSIGN_OR_RETURN(open.fd, files_->OpenFile(file));
  const auto& sums = files_->listing().sha256;
  if (const auto sum = sums.find(file.name); sum != sums.end()) {
    RETURN_IF_ERROR(CheckSha256(open.fd.get(), sum->second, on_work_));
  }
  open.name = file.name;
  open.bytes = file.bytes;
  open.format = spec_.source.format;
  open.wanted = taker.wanted;
  open.limits.columns_max = spec_.columns_max;
  open.limits.row_bytes_max = spec_.row_bytes_max;
  open.scratch.dir = spec_.building_dir;
  open.scratch.disk_reserve_bytes = spec_.disk_reserve_bytes;
  open.scratch.on_work = on_work_;
  open.pool = pool_.get();
  open.names_seen = json_names_.get();
  open.on_work = on_work_;
  const PathColumns path_columns = PathColumnsOf(file.path);
  for (const auto& [name, text] : path_columns) path_names_.insert(name);
  return spec_.source.partitions == Partitions::kHive
             ? OpenWithPathColumns(std::move(open), path_columns)
             : OpenBatchReader(std::move(open));
}

// A column that was not found may stand in the name of a directory.
absl::Status SnapshotReading::WithPathHint(const absl::Status& status,
                                           const RowTaker& taker) const {
  if (!absl::IsNotFound(status) ||
      spec_.source.partitions == Partitions::kHive) {
    return status;
  }
  for (const WantedColumn& want : taker.wanted) {
    if (!path_names_.contains(want.column)) continue;
    return NotFound(
        "{}; '{}' stands in the names of directories: to read it from there, "
        "set source.partitions: hive",
        std::string(status.message()), want.column);
  }
  return status;
}

absl::Status SnapshotReading::ReadFile(const SourceFile& file,
                                       const RowTaker& taker) {
  ASSIGN_OR_RETURN(const std::unique_ptr<BatchReader> reader,
                   OpenReader(file, taker));
  RETURN_IF_ERROR(taker.bind(reader->schema(), [&](std::string_view column) {
    return reader->is_text(column);
  }));
  for (;;) {
    ASSIGN_OR_RETURN(std::shared_ptr<arrow::RecordBatch> batch, reader->Next());
    if (batch == nullptr) return absl::OkStatus();
    rows_ += batch->num_rows();
    RETURN_IF_ERROR(taker.take(*reader, std::move(batch)));
    progress_.Update(rows_, bytes_before_ + reader->bytes_read(), 0);
  }
}

}  // namespace freshet
