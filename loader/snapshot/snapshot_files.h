// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file.h"
#include "config/definitions.h"

namespace freshet {

struct SnapshotManifest;

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

// What there is of a snapshot at one moment.
struct SnapshotListing {
  std::vector<SourceFile> files;       // That are read, in their order.
  bool is_file = false;                // The source's path is that of a file.
  std::optional<SourceFile> success;   // `_SUCCESS`.
  std::optional<SourceFile> manifest;  // What `source.manifest` names.
  uint64_t manifest_sum = 0;           // Of its text; 0: none.
  // What the manifest says: of files by name, and of all rows.
  std::map<std::string, std::string> sha256;
  std::optional<int64_t> rows;

  // Changes whenever a file is added, removed or written anew: of their names,
  // sizes and times, and of what the manifest says.
  uint64_t Sum() const;
  int64_t bytes() const;  // Of all files.
};

// Whether anything asks for `_SUCCESS`.
bool WantsSuccess(const BatchSource& source);

// INVALID_ARGUMENT if it is larger than kSnapshotManifestBytesMax.
absl::Status CheckManifestSize(std::string_view name, int64_t bytes);

// FAILED_PRECONDITION unless a directory has the `_SUCCESS` and the manifest
// that the source wants.
absl::Status CheckMarkers(const SnapshotListing& listing,
                          const BatchSource& source);

// Keeps of `listing` what its manifest lists, and takes what else it says.
// FAILED_PRECONDITION if a file that it lists is not there or of another size.
absl::Status KeepListed(const SnapshotManifest& manifest,
                        SnapshotListing& listing);

// INVALID_ARGUMENT if one has more than `max` bytes; 0: no limit.
absl::Status CheckSizes(const std::vector<SourceFile>& files, int64_t max);

// Whether it says nothing of the snapshot: it cannot be reached, or not be
// read.
bool IsFaultOfStore(const absl::Status& status);

// The files of one snapshot, fixed when it is opened and proven unchanged
// after the last byte was read: a job that rewrites its output while it is
// read gives a failed load, never a mix of two snapshots.
//
// Which files of a directory are read says WalkSnapshot.
class SnapshotFiles {
 public:
  virtual ~SnapshotFiles() = default;

  const SnapshotListing& listing() const { return listing_; }
  const std::vector<SourceFile>& files() const { return listing_.files; }
  int64_t bytes_total() const { return listing_.bytes(); }

  // To be read from its start. Each of `files` at most once and in their
  // order. ABORTED, naming it, if it is no longer the one that was listed.
  virtual absl::StatusOr<UniqueFd> OpenFile(const SourceFile& file) = 0;

  // ABORTED, naming the first file, or the manifest, that was replaced,
  // changed, added or removed since the snapshot was opened. IsFaultOfStore if
  // that cannot be told.
  virtual absl::Status CheckUnchanged() = 0;

 protected:
  explicit SnapshotFiles(SnapshotListing listing)
      : listing_(std::move(listing)) {}

  // The same, judged by what is listed `now`.
  absl::Status CheckSame(absl::StatusOr<SnapshotListing> now) const;
  static absl::Status Changed(const std::string& name, std::string_view what);

 private:
  const SnapshotListing listing_;
};

}  // namespace freshet
