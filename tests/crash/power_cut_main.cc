// SPDX-License-Identifier: Apache-2.0
// Cuts the power of the ext4 file system that the argument lies on: what was
// not synced is lost, directory entries too, and nothing works until it is
// mounted again.
#include <fcntl.h>
#include <linux/types.h>
#include <sys/ioctl.h>

#include <cstdio>

int main(int argc, char** argv) {
  constexpr unsigned long kShutdown = _IOR('X', 125, __u32);
  __u32 without_log_flush = 2;
  const int fd = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0 || ioctl(fd, kShutdown, &without_log_flush) != 0) {
    std::perror("power-cut");
    return 1;
  }
  return 0;
}
