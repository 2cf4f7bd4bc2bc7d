// SPDX-License-Identifier: Apache-2.0
// Preloaded, it makes every read of a snapshot wait for ever, as storage that
// hangs does: only the thread that reads is stuck.
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstdio>
#include <string_view>

namespace {

void WaitIfSnapshot(int fd) {
  char link[64];
  std::snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
  char path[4096];
  const ssize_t n = ::readlink(link, path, sizeof(path));
  if (n <= 0) return;
  const std::string_view file(path, static_cast<size_t>(n));
  while (file.ends_with(".csv")) ::pause();
}

}  // namespace

extern "C" {
ssize_t read(int fd, void* buffer, size_t size) {
  WaitIfSnapshot(fd);
  return ::syscall(SYS_read, fd, buffer, size);
}
ssize_t pread64(int fd, void* buffer, size_t size, off64_t offset) {
  WaitIfSnapshot(fd);
  return ::syscall(SYS_pread64, fd, buffer, size, offset);
}
ssize_t pread(int fd, void* buffer, size_t size, off_t offset) {
  return pread64(fd, buffer, size, offset);
}
}
