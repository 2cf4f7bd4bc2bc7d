// SPDX-License-Identifier: Apache-2.0
#include "loader/stdin_watch.h"

#include <unistd.h>

#include <cerrno>
#include <thread>

namespace freshet {

void ExitAtEndOf(int fd) {
  std::thread([fd] {
    char ignored[256];
    for (;;) {
      const ssize_t n = ::read(fd, ignored, sizeof(ignored));
      if (n == 0 || (n < 0 && errno != EINTR)) ::_exit(1);
    }
  }).detach();
}

}  // namespace freshet
