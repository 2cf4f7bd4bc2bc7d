// SPDX-License-Identifier: Apache-2.0
#include "server/process/signals.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "base/check.h"
#include "base/file.h"
#include "server/exit_code.h"

namespace freshet {
namespace {

// A handler has no other way to its state. Set before the handlers are.
std::atomic<int> write_end{-1};
std::atomic<int> read_end{-1};
std::atomic<int> stops{0};

void OnSignal(int number) {
  const int before = errno;
  const bool stop = number != SIGHUP;
  if (stop && stops.fetch_add(1) > 0) {
    ::_exit(static_cast<int>(ExitCode::kTerminated));
  }
  const char wish = stop ? 's' : 'r';
  // A full pipe already holds more wishes than matter.
  [[maybe_unused]] const ssize_t ignored =
      ::write(write_end.load(), &wish, sizeof(wish));
  errno = before;
}

absl::Status Handle(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  if (::sigaction(number, &action, nullptr) != 0) {
    return ErrnoError("cannot handle", "a signal", errno);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status InstallSignals() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0 ||
      ::fcntl(ends[1], F_SETFL, O_NONBLOCK) != 0) {
    return ErrnoError("cannot make", "a pipe for signals", errno);
  }
  read_end.store(ends[0]);
  write_end.store(ends[1]);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
    absl::Status status = Handle(number, OnSignal);
    if (!status.ok()) return status;
  }
  return Handle(SIGPIPE, SIG_IGN);
}

Signal WaitForSignal() {
  // A read alone would wait as well, but ThreadSanitizer holds a signal back
  // for as long as a read waits, and not while poll does.
  pollfd wishes{read_end.load(), POLLIN, 0};
  while (::poll(&wishes, 1, -1) != 1) CHECK(errno == EINTR);
  char wish = 0;
  while (::read(read_end.load(), &wish, sizeof(wish)) != sizeof(wish)) {
    CHECK(errno == EINTR);
  }
  return wish == 's' ? Signal::kStop : Signal::kReload;
}

}  // namespace freshet
