// SPDX-License-Identifier: Apache-2.0
// Preloaded, it takes durability away: the negative control of the power cuts,
// which must notice. With FRESHET_NO_FSYNC_OF only that of files in whose path
// it stands.
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

bool IsLeftOut(int fd) {
  static const char* const part = std::getenv("FRESHET_NO_FSYNC_OF");
  if (part == nullptr) return true;
  char link[64];
  char path[4096];
  std::snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, path, sizeof(path) - 1);
  if (length < 0) return false;
  path[length] = '\0';
  return std::strstr(path, part) != nullptr;
}

}  // namespace

extern "C" {
int fsync(int fd) {
  return IsLeftOut(fd) ? 0 : static_cast<int>(syscall(SYS_fsync, fd));
}
int fdatasync(int fd) {
  return IsLeftOut(fd) ? 0 : static_cast<int>(syscall(SYS_fdatasync, fd));
}
int sync_file_range(int fd, off_t begin, off_t length, unsigned flags) {
  if (IsLeftOut(fd)) return 0;
  return static_cast<int>(
      syscall(SYS_sync_file_range, fd, begin, length, flags));
}
}
