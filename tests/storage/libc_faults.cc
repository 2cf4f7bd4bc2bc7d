// SPDX-License-Identifier: Apache-2.0
#include "tests/storage/libc_faults.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <utility>

namespace freshet {
namespace {

// What the interposed calls share; RocksDB may call from threads of its own.
struct Watch {
  std::mutex mu;
  bool on = false;
  int fail_at = -1;
  int error = 0;
  std::vector<FileCall> calls;
  int64_t free_bytes = -1;  // Of a pretended disk.
  int full_writes = 0;
};

Watch& TheWatch() {
  static Watch watch;
  return watch;
}

std::string PathOf(int fd) {
  char path[4096];
  const ssize_t n = ::readlink(fmt::format("/proc/self/fd/{}", fd).c_str(),
                               path, sizeof(path));
  return n < 0 ? std::string() : std::string(path, static_cast<size_t>(n));
}

// Whether this call is the one to fail; errno is set then. Calls on what is
// not a file (a terminal, a pipe) are left alone.
bool Fails(const char* name, const std::string& path) {
  Watch& watch = TheWatch();
  const std::lock_guard lock(watch.mu);
  if (!watch.on || path.empty() || path[0] != '/' ||
      path.starts_with("/dev/")) {
    return false;
  }
  const bool fails = static_cast<int>(watch.calls.size()) == watch.fail_at;
  watch.calls.push_back({name, path});
  if (fails) errno = watch.error;
  return fails;
}

// Whether a write of `size` bytes meets the end of the pretended disk.
bool IsFull(const std::string& path, size_t size) {
  Watch& watch = TheWatch();
  const std::lock_guard lock(watch.mu);
  if (watch.free_bytes < 0 || path.empty() || path[0] != '/') return false;
  if (static_cast<int64_t>(size) > watch.free_bytes) {
    ++watch.full_writes;
    errno = ENOSPC;
    return true;
  }
  watch.free_bytes -= static_cast<int64_t>(size);
  return false;
}

bool WriteFails(int fd, size_t size) {
  const std::string path = PathOf(fd);
  return Fails("write", path) || IsFull(path, size);
}

template <typename Function>
Function* Next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

void WatchFileCalls(int fail_at, int error) {
  Watch& watch = TheWatch();
  const std::lock_guard lock(watch.mu);
  watch.on = true;
  watch.fail_at = fail_at;
  watch.error = error;
  watch.calls.clear();
}

std::vector<FileCall> TakeFileCalls() {
  Watch& watch = TheWatch();
  const std::lock_guard lock(watch.mu);
  watch.on = false;
  return std::move(watch.calls);
}

void PretendFreeBytes(int64_t bytes) {
  Watch& watch = TheWatch();
  const std::lock_guard lock(watch.mu);
  watch.free_bytes = bytes;
  watch.full_writes = 0;
}

int FullDiskWrites() {
  Watch& watch = TheWatch();
  const std::lock_guard lock(watch.mu);
  return watch.full_writes;
}

extern "C" {

ssize_t write(int fd, const void* bytes, size_t size) {
  static auto* next = Next<ssize_t(int, const void*, size_t)>("write");
  return WriteFails(fd, size) ? -1 : next(fd, bytes, size);
}

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) {
  static auto* next = Next<ssize_t(int, const void*, size_t, off_t)>("pwrite");
  return WriteFails(fd, size) ? -1 : next(fd, bytes, size, at);
}

ssize_t pwrite64(int fd, const void* bytes, size_t size, off_t at) {
  static auto* next =
      Next<ssize_t(int, const void*, size_t, off_t)>("pwrite64");
  return WriteFails(fd, size) ? -1 : next(fd, bytes, size, at);
}

int fsync(int fd) {
  static auto* next = Next<int(int)>("fsync");
  return Fails("sync", PathOf(fd)) ? -1 : next(fd);
}

int fdatasync(int fd) {
  static auto* next = Next<int(int)>("fdatasync");
  return Fails("sync", PathOf(fd)) ? -1 : next(fd);
}

int rename(const char* from, const char* to) noexcept {
  static auto* next = Next<int(const char*, const char*)>("rename");
  return Fails("rename", to) ? -1 : next(from, to);
}

int link(const char* from, const char* to) noexcept {
  static auto* next = Next<int(const char*, const char*)>("link");
  return Fails("link", to) ? -1 : next(from, to);
}

int statvfs(const char* path, struct statvfs* out) noexcept {
  static auto* next = Next<int(const char*, struct statvfs*)>("statvfs");
  const int result = next(path, out);
  Watch& watch = TheWatch();
  const std::lock_guard lock(watch.mu);
  if (result == 0 && watch.free_bytes >= 0) {
    out->f_frsize = 1;
    out->f_bavail = static_cast<fsblkcnt_t>(watch.free_bytes);
  }
  return result;
}

}  // extern "C"

}  // namespace freshet
