// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "storage/manifest.h"
#include "versions/catalog.h"
#include "versions/version_actions.h"

namespace freshet {

// Of the one file, or of all files that a load of the directory would read,
// with links followed (storage/snapshot_walk.h).
struct SnapshotSize {
  int64_t bytes = 0;
  int64_t largest_file_bytes = 0;
};

// Whether only the loader knows how much of `path` is read: the daemon speaks
// to no object store, and reads no manifest of a snapshot.
bool LoaderSaysSize(const BatchSource& source, const std::string& path);

// INVALID_ARGUMENT if there is nothing at `path`, or too much under it.
absl::StatusOr<SnapshotSize> SizeOfSnapshot(const std::string& path);

// What a load will need on disk at its peak, the runs of its sort included,
// judged by the version before (null: none), whose snapshot grew from
// `source_bytes` too.
int64_t EstimateLoadBytes(int64_t source_bytes, const Manifest* before,
                          int64_t sort_buffer_bytes);

// What a load will need of memory at its peak: the loader's, and what the
// daemon holds of the new version beyond its caches. `sort_buffer_bytes` is for
// rows, which are spilled beyond it; `layers_bytes` is LayerPlan::memory_bytes.
int64_t EstimateLoadMemory(int64_t source_bytes, const Manifest* before,
                           int64_t sort_buffer_bytes, int64_t layers_bytes);

// What is free now. May be empty: then it is not known.
using FreeMemory = std::function<absl::StatusOr<int64_t>()>;

// RESOURCE_EXHAUSTED says what is free and what is wanted: the kernel would end
// a loader that takes more, or the daemon. Loads that have just begun, and take
// theirs later, are not counted.
absl::Status CheckMemory(const FreeMemory& free_memory, int64_t bytes);

// Lets loads in only where they fit, so that RocksDB never meets a full disk
// (it aborts the process there). When space is short the oldest unprotected
// versions go first; if even that would not do, nothing is deleted and the load
// is refused. Safe to use from any thread.
class DiskAdmission {
 public:
  struct Parts {
    std::string dir;  // Storage directory.
    int64_t reserve_bytes = 0;
    Catalog* catalog = nullptr;
    VersionActions* actions = nullptr;
    // What is free now; empty: asks the file system of `dir`.
    std::function<absl::StatusOr<int64_t>()> free_bytes;
  };
  explicit DiskAdmission(Parts parts);

  // Sets `bytes` aside for the load `id` until Release; a second call replaces
  // the first. RESOURCE_EXHAUSTED says what is free and what is wanted.
  absl::Status Admit(const std::string& id, int64_t bytes);
  // What the load has written so far: no longer set aside, it is not free.
  void Wrote(const std::string& id, int64_t bytes);
  void Release(const std::string& id);

 private:
  absl::StatusOr<int64_t> Free(const std::string& id) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const Parts parts_;
  Mutex mu_;
  struct Share {
    int64_t admitted = 0;
    int64_t written = 0;
  };
  std::map<std::string, Share> shares_ ABSL_GUARDED_BY(mu_);
};

}  // namespace freshet
