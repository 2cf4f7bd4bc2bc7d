// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file.h"

namespace freshet {

// One file of a snapshot as it was when the snapshot was opened.
struct SourceFile {
  std::string path;  // Absolute, without links; of an object bucket and key.
  std::string name;  // For messages: relative to the snapshot's directory.
  int64_t bytes = 0;
  int64_t mtime_ns = 0;
  uint64_t inode = 0;   // Of a file.
  uint64_t device = 0;  // Of a file.

  bool operator==(const SourceFile&) const = default;
};

// Changes whenever a file is added, removed or written anew: of their names,
// sizes and times.
uint64_t FilesSum(const std::vector<SourceFile>& files);

// The files of one snapshot, fixed when it is opened and proven unchanged
// after the last byte was read: a job that rewrites its output while it is
// read gives a failed load, never a mix of two snapshots.
//
// Which files of a directory are read says WalkSnapshot.
class SnapshotFiles {
 public:
  virtual ~SnapshotFiles() = default;

  const std::vector<SourceFile>& files() const { return files_; }
  int64_t bytes_total() const;

  // To be read from its start. Each of `files` at most once and in their
  // order. ABORTED, naming it, if it is no longer the one that was listed.
  virtual absl::StatusOr<UniqueFd> OpenFile(const SourceFile& file) = 0;

  // ABORTED, naming the first file that was replaced, changed, added or
  // removed since the snapshot was opened.
  virtual absl::Status CheckUnchanged() = 0;

 protected:
  explicit SnapshotFiles(std::vector<SourceFile> files)
      : files_(std::move(files)) {}

  // The same, judged by what is listed `now`.
  absl::Status CheckSame(absl::StatusOr<std::vector<SourceFile>> now) const;
  static absl::Status Changed(const std::string& name, std::string_view what);

 private:
  const std::vector<SourceFile> files_;
};

}  // namespace freshet
