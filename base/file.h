// SPDX-License-Identifier: Apache-2.0
// The few file operations that durability hangs on. Every one names the path
// in its error, and ENOSPC is RESOURCE_EXHAUSTED.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace freshet {

// Owns a file descriptor.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept;
  ~UniqueFd() { Reset(); }

  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }
  void Reset();

 private:
  int fd_ = -1;
};

// `what` and `path`, with errno's text; the code follows from `error`.
absl::Status ErrnoError(std::string_view what, std::string_view path,
                        int error);

// The whole file, or its first `bytes_max` bytes: /dev/zero has no end.
absl::StatusOr<std::string> ReadFile(
    const std::string& path,
    size_t bytes_max = std::numeric_limits<size_t>::max());

// From where `fd` stands to the end, or `bytes_max` bytes; `path` is for the
// error.
absl::StatusOr<std::string> ReadAll(int fd, std::string_view path,
                                    size_t bytes_max);

// All of it, where `fd` stands; `path` is for the error.
absl::Status WriteAll(int fd, std::string_view bytes, std::string_view path);

// Writes and fsyncs `path` itself, replacing what it holds. The directory
// entry is not synced: call SyncDir.
absl::Status WriteFileSynced(const std::string& path, std::string_view bytes);

absl::Status SyncFile(const std::string& path);
absl::Status SyncDir(const std::string& path);

// rename(2), then fsync of the directory of `to`.
absl::Status RenameSynced(const std::string& from, const std::string& to);

absl::Status MakeDir(const std::string& path);

// Removes a file or a whole tree; one that is not there is no error.
absl::Status RemoveTree(const std::string& path);

bool PathExists(const std::string& path);

// Names in a directory, sorted, without "." and "..".
absl::StatusOr<std::vector<std::string>> ListDir(const std::string& path);

// What an unprivileged process can still write to the file system of `path`.
absl::StatusOr<int64_t> FreeBytes(const std::string& path);

absl::StatusOr<int64_t> FileSize(const std::string& path);

// An exclusive flock(2) on a file that holds its owner's pid, held until
// destroyed or the process dies.
class FileLock {
 public:
  // ALREADY_EXISTS, naming the holder's pid, if another process holds it.
  static absl::StatusOr<FileLock> Acquire(const std::string& path);

  // As Acquire, but waits up to `timeout_ms` for the holder to let go.
  static absl::StatusOr<FileLock> AcquireWithin(const std::string& path,
                                                int64_t timeout_ms);

 private:
  explicit FileLock(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
};

}  // namespace freshet
