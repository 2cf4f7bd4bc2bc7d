// SPDX-License-Identifier: Apache-2.0
#include "loader/stdin_watch.h"

#include <unistd.h>

#include <cerrno>
#include <thread>

#include "base/error.h"

namespace freshet {

absl::StatusOr<std::string> ReadLine(int fd) {
  constexpr size_t kBytesMax = 16 << 20;
  std::string line;
  char c = 0;
  while (::read(fd, &c, 1) == 1) {
    if (c == '\n') return line;
    line.push_back(c);
    if (line.size() > kBytesMax) break;
  }
  return InvalidArgument("no line on standard input");
}

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
