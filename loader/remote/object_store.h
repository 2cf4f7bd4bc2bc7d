// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/object_url.h"
#include "config/settings.h"
#include "loader/snapshot/snapshot_files.h"

namespace arrow::fs {
class FileSystem;
}  // namespace arrow::fs
namespace arrow::io {
class RandomAccessFile;
}  // namespace arrow::io

namespace freshet {

// One object as it was when it was opened. Safe to use from one thread at a
// time.
class OpenObject {
 public:
  explicit OpenObject(std::shared_ptr<arrow::io::RandomAccessFile> file);

  // Changes whenever the content does: the store's ETag and the size.
  absl::StatusOr<std::string> Tag() const;
  absl::StatusOr<int64_t> Bytes() const;
  // Reads up to `size` bytes at `offset`; fewer only where the store sent
  // fewer.
  absl::StatusOr<int64_t> ReadAt(int64_t offset, int64_t size, char* out) const;

 private:
  std::shared_ptr<arrow::io::RandomAccessFile> file_;
};

// A client of one object store. Requests that fail for the moment (a dropped
// connection, 503) are repeated with growing, jittered pauses; then the error
// is UNAVAILABLE. PERMISSION_DENIED where the store refuses the credentials,
// NOT_FOUND where there is no such bucket or object. No message holds a
// credential. Safe to use from any thread.
class ObjectStore {
 public:
  static absl::StatusOr<std::unique_ptr<ObjectStore>> Open(
      const ObjectUrl& url, const S3Settings& s3);

  // The object, or all objects beneath the prefix that are a snapshot's, by
  // the rules and in the order of WalkSnapshot.
  absl::StatusOr<std::vector<SourceFile>> List(const ObjectUrl& url) const;

  // The names of the directories right beneath the prefix, in no order.
  absl::StatusOr<std::vector<std::string>> Directories(
      const ObjectUrl& url) const;

  // `path` as ObjectUrl::path. Nullopt: there is no such object.
  absl::StatusOr<std::optional<SourceFile>> Find(const std::string& path) const;
  absl::StatusOr<OpenObject> OpenAt(const std::string& path) const;

 private:
  explicit ObjectStore(std::shared_ptr<arrow::fs::FileSystem> files);

  const std::shared_ptr<arrow::fs::FileSystem> files_;
};

// Call before the process ends, when no ObjectStore is left: else AWS's threads
// may meet it half torn down. None can be opened afterwards.
void EndObjectStores();

}  // namespace freshet
