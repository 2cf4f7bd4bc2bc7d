// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace freshet {

// Of 100,000 files, with room. What is larger is not read.
inline constexpr int64_t kSnapshotManifestBytesMax = 24 << 20;

// What `source.manifest` names: the files of a snapshot, as the job that wrote
// them lists them. JSON; other fields of it are for others.
//
//   {"files": [{"name": "a.parquet", "bytes": 4321, "sha256": "9f86..."}],
//    "rows": 1000}
struct SnapshotManifest {
  struct File {
    std::string name;  // Relative to the snapshot's directory.
    int64_t bytes = 0;
    std::string sha256;  // Hexadecimal, small letters; "": not said.
  };
  std::vector<File> files;
  std::optional<int64_t> rows;  // Of all files; nullopt: not said.
};

// Sorted as WalkSnapshot visits. FAILED_PRECONDITION if `text` is no JSON, as
// one that is being written; INVALID_ARGUMENT, saying why, if it is not what
// SnapshotManifest describes, or lists a file twice, or one that is never read
// (WalkSnapshot). Both with `name` before them.
absl::StatusOr<SnapshotManifest> ParseSnapshotManifest(std::string_view name,
                                                       std::string_view text);

// DATA_LOSS if the whole file's SHA-256 is not `sha256`. `on_work` is called
// as it is read. Leaves the offset where it was.
absl::Status CheckSha256(int fd, std::string_view sha256,
                         const std::function<void()>& on_work);

}  // namespace freshet
