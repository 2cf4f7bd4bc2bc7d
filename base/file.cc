// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>

#include "base/status.h"

namespace freshet {
namespace {

absl::StatusOr<UniqueFd> OpenFd(const std::string& path, int flags) {
  UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC, 0644));
  if (!fd.ok()) return ErrnoError("cannot open", path, errno);
  return fd;
}

absl::Status SyncPath(const std::string& path, int flags) {
  ASSIGN_OR_RETURN(const UniqueFd fd, OpenFd(path, flags));
  if (::fsync(fd.get()) != 0) return ErrnoError("cannot fsync", path, errno);
  return absl::OkStatus();
}

std::string HolderOf(int fd) {
  char buffer[32] = {};
  const ssize_t n = ::pread(fd, buffer, sizeof(buffer) - 1, 0);
  if (n <= 0) return "an unknown process";
  std::string pid(buffer, static_cast<size_t>(n));
  std::erase(pid, '\n');
  return "process " + pid;
}

}  // namespace

UniqueFd& UniqueFd::operator=(UniqueFd&& other) noexcept {
  if (this != &other) {
    Reset();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void UniqueFd::Reset() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

absl::Status ErrnoError(std::string_view what, std::string_view path,
                        int error) {
  absl::StatusCode code = absl::StatusCode::kInternal;
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      code = absl::StatusCode::kNotFound;
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      code = absl::StatusCode::kPermissionDenied;
      break;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      code = absl::StatusCode::kResourceExhausted;
      break;
    case EEXIST:
    case ENOTEMPTY:
      code = absl::StatusCode::kAlreadyExists;
      break;
    default:
      break;
  }
  const std::string text =
      fmt::format("{} '{}': {}", what, path, std::strerror(error));
  return absl::Status(code, absl::string_view(text.data(), text.size()));
}

absl::StatusOr<std::string> ReadFile(const std::string& path,
                                     size_t bytes_max) {
  ASSIGN_OR_RETURN(const UniqueFd fd, OpenFd(path, O_RDONLY));
  return ReadAll(fd.get(), path, bytes_max);
}

absl::StatusOr<std::string> ReadAll(int fd, std::string_view path,
                                    size_t bytes_max) {
  std::string bytes;
  // Not on the stack: threads of the HTTP port have 100 KiB of it.
  std::string buffer(size_t{1} << 16, '\0');
  while (bytes.size() < bytes_max) {
    const ssize_t n = ::read(fd, buffer.data(),
                             std::min(buffer.size(), bytes_max - bytes.size()));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoError("cannot read", path, errno);
    if (n == 0) break;
    bytes.append(buffer, 0, static_cast<size_t>(n));
  }
  return bytes;
}

absl::Status WriteAll(int fd, std::string_view bytes, std::string_view path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoError("cannot write", path, errno);
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return absl::OkStatus();
}

absl::Status WriteFileSynced(const std::string& path, std::string_view bytes) {
  ASSIGN_OR_RETURN(const UniqueFd fd,
                   OpenFd(path, O_WRONLY | O_CREAT | O_TRUNC));
  RETURN_IF_ERROR(WriteAll(fd.get(), bytes, path));
  if (::fsync(fd.get()) != 0) return ErrnoError("cannot fsync", path, errno);
  return absl::OkStatus();
}

absl::Status SyncFile(const std::string& path) {
  return SyncPath(path, O_RDONLY);
}

absl::Status SyncDir(const std::string& path) {
  return SyncPath(path, O_RDONLY | O_DIRECTORY);
}

absl::Status RenameSynced(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    return ErrnoError(fmt::format("cannot rename '{}' to", from), to, errno);
  }
  return SyncDir(std::filesystem::path(to).parent_path().string());
}

absl::Status MakeDir(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return ErrnoError("cannot make", path, error.value());
  return absl::OkStatus();
}

absl::Status RemoveTree(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return ErrnoError("cannot remove", path, error.value());
  return absl::OkStatus();
}

bool PathExists(const std::string& path) {
  struct stat st;
  return ::lstat(path.c_str(), &st) == 0;
}

absl::StatusOr<std::vector<std::string>> ListDir(const std::string& path) {
  std::error_code error;
  std::vector<std::string> names;
  std::filesystem::directory_iterator it(path, error);
  const std::filesystem::directory_iterator end;
  for (; !error && it != end; it.increment(error)) {
    names.push_back(it->path().filename().string());
  }
  if (error) return ErrnoError("cannot list", path, error.value());
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<int64_t> FreeBytes(const std::string& path) {
  struct statvfs st;
  if (::statvfs(path.c_str(), &st) != 0) {
    return ErrnoError("cannot statvfs", path, errno);
  }
  return static_cast<int64_t>(st.f_bavail) * static_cast<int64_t>(st.f_frsize);
}

absl::StatusOr<int64_t> FileSize(const std::string& path) {
  struct stat st;
  if (::stat(path.c_str(), &st) != 0) {
    return ErrnoError("cannot stat", path, errno);
  }
  return static_cast<int64_t>(st.st_size);
}

absl::StatusOr<FileLock> FileLock::Acquire(const std::string& path) {
  return AcquireWithin(path, 0);
}

absl::StatusOr<FileLock> FileLock::AcquireWithin(const std::string& path,
                                                 int64_t timeout_ms) {
  const auto give_up =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  ASSIGN_OR_RETURN(UniqueFd fd, OpenFd(path, O_RDWR | O_CREAT));
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return ErrnoError("cannot lock", path, errno);
    }
    if (std::chrono::steady_clock::now() >= give_up) {
      const std::string text =
          fmt::format("'{}' is locked by {}", path, HolderOf(fd.get()));
      return absl::AlreadyExistsError(
          absl::string_view(text.data(), text.size()));
    }
    ::poll(nullptr, 0, 10);  // flock has no time-out of its own.
  }
  // For the message of whoever finds it locked. On a full disk it stays empty:
  // the lock holds all the same.
  const std::string pid = fmt::format("{}\n", ::getpid());
  if (::ftruncate(fd.get(), 0) != 0 ||
      (::pwrite(fd.get(), pid.data(), pid.size(), 0) < 0 && errno != ENOSPC &&
       errno != EDQUOT)) {
    return ErrnoError("cannot write", path, errno);
  }
  return FileLock(std::move(fd));
}

}  // namespace freshet
