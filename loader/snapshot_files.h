// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file.h"
#include "config/definitions.h"
#include "loader/rooted_paths.h"

namespace freshet {

// One file of a snapshot as it was when the snapshot was opened.
struct SourceFile {
  std::string path;  // Absolute, without links.
  std::string name;  // For messages: relative to the snapshot's directory.
  int64_t bytes = 0;
  int64_t mtime_ns = 0;
  uint64_t inode = 0;
  uint64_t device = 0;

  bool operator==(const SourceFile&) const = default;
};

// The files of one snapshot, fixed when it is opened and proven unchanged
// after the last byte was read: a job that rewrites its output while it is
// read gives a failed load, never a mix of two snapshots.
//
// Which files of a directory are read says WalkSnapshot.
class SnapshotFiles {
 public:
  // FAILED_PRECONDITION if the source wants `_SUCCESS` and the directory lacks
  // it. `on_work` is called for each file, here and by CheckUnchanged.
  static absl::StatusOr<SnapshotFiles> Open(
      const BatchSource& source, const std::vector<std::string>& roots,
      std::function<void()> on_work = [] {});

  const std::vector<SourceFile>& files() const { return files_; }
  int64_t bytes_total() const;

  // ABORTED, naming it, if the file is no longer the one that was listed.
  absl::StatusOr<UniqueFd> OpenFile(const SourceFile& file) const;

  // ABORTED, naming the first file that was replaced, changed, added or
  // removed since Open.
  absl::Status CheckUnchanged() const;

 private:
  SnapshotFiles(RootedPaths paths, BatchSource source,
                std::function<void()> on_work)
      : paths_(std::move(paths)),
        source_(std::move(source)),
        on_work_(std::move(on_work)) {}

  absl::StatusOr<std::vector<SourceFile>> List() const;
  // As VisitSnapshotEntry.
  absl::StatusOr<std::optional<std::string>> Add(
      const std::string& path, const std::string& name,
      std::vector<SourceFile>* files) const;

  RootedPaths paths_;
  BatchSource source_;
  std::function<void()> on_work_;
  std::vector<SourceFile> files_;
};

}  // namespace freshet
