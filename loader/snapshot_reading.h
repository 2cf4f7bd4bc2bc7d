// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "loader/field_names.h"
#include "loader/formats/batch_reader.h"
#include "loader/progress_reporter.h"
#include "loader/snapshot/snapshot_files.h"
#include "loader/wanted_column.h"
#include "storage/protocol/load_protocol.h"

namespace arrow {
class CappedMemoryPool;
class RecordBatch;
class Schema;
}  // namespace arrow

namespace freshet {

// Who makes something of a snapshot's rows. As RowEncoder's functions.
struct RowTaker {
  std::span<const WantedColumn> wanted;
  // Once per file.
  std::function<absl::Status(
      const arrow::Schema& schema,
      const std::function<bool(std::string_view)>& is_text)>
      bind;
  // Once per batch. Errors say where in the file.
  std::function<absl::Status(const BatchReader& reader,
                             std::shared_ptr<arrow::RecordBatch> batch)>
      take;
};

// The files of a load's snapshot, read one after the other, in bounded memory.
// Not thread-safe.
class SnapshotReading {
 public:
  // Both must outlive it.
  SnapshotReading(const LoadSpec& spec, ProgressReporter& progress);
  ~SnapshotReading();

  // Finds the files. ABORTED if they are not those that were asked for, or,
  // opened to be read once more, not those of before.
  absl::Status Open();
  const SnapshotFiles& files() const { return *files_; }

  // Gives all rows, and proves that they are those of one snapshot. Errors name
  // the file. Requires: opened, and not read since.
  absl::Status Read(const RowTaker& taker);
  int64_t rows() const { return rows_; }

  // Of decoding; what is read later takes it anew.
  void ReleaseMemory();

  // The file at work, for an exception that says nothing.
  const std::string& place() const { return place_; }

 private:
  absl::StatusOr<std::unique_ptr<SnapshotFiles>> OpenFiles() const;
  absl::StatusOr<std::unique_ptr<BatchReader>> OpenReader(
      const SourceFile& file, const RowTaker& taker);
  absl::Status ReadFile(const SourceFile& file, const RowTaker& taker);
  absl::Status WithPathHint(const absl::Status& status,
                            const RowTaker& taker) const;
  absl::Status CheckRows() const;  // By the snapshot's manifest.

  const LoadSpec& spec_;
  ProgressReporter& progress_;
  const std::function<void()> on_work_;
  const std::unique_ptr<arrow::CappedMemoryPool> pool_;  // Of decoding.
  std::unique_ptr<SnapshotFiles> files_;
  std::unique_ptr<FieldNames> json_names_;
  std::set<std::string> path_names_;  // Of columns in names of directories.
  std::string place_;
  int64_t rows_ = 0;
  int64_t bytes_before_ = 0;  // Of the files read whole.
};

}  // namespace freshet
