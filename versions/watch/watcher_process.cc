// SPDX-License-Identifier: Apache-2.0
#include "versions/watch/watcher_process.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/error.h"
#include "base/status.h"

namespace freshet {
namespace {

constexpr size_t kLineBytesMax = 64 << 10;
constexpr size_t kTailBytesMax = 2 << 10;
// The order of a thousand sources is larger than a socket's buffer; a child
// that has not read it by then does not work.
constexpr int kOrderTimeoutMs = 10'000;

// 0: nothing for now. < 0: closed.
ssize_t Read(int fd, std::array<char, 16 << 10>& buffer) {
  const ssize_t n = ::read(fd, buffer.data(), buffer.size());
  if (n > 0) return n;
  return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

absl::Status SendAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n =
        ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) {
      bytes.remove_prefix(static_cast<size_t>(n));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return ErrnoError("cannot tell", "the watcher", errno);
    pollfd room = {fd, POLLOUT, 0};
    if (::poll(&room, 1, kOrderTimeoutMs) == 0) {
      return DeadlineExceeded("the watcher does not read what it is told");
    }
  }
  return absl::OkStatus();
}

}  // namespace

WatcherProcess::WatcherProcess(ChildProcess child) : child_(std::move(child)) {}

absl::StatusOr<WatcherProcess> WatcherProcess::Start(
    const std::string& executable, const WatchOrder& order) {
  ChildOptions options;
  options.executable = executable;
  options.memory_max_bytes = order.memory_max_bytes;
  ASSIGN_OR_RETURN(ChildProcess child, ChildProcess::Spawn(options));
  WatcherProcess watcher(std::move(child));
  RETURN_IF_ERROR(
      SendAll(watcher.child_.input(), SerializeWatchOrder(order) + "\n"));
  return watcher;
}

bool WatcherProcess::Wake(const WatchWake& wake) {
  const std::string line = SerializeWatchWake(wake);
  // All or nothing: so short a line fits wherever anything does.
  const ssize_t sent = ::send(child_.input(), line.data(), line.size(),
                              MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent == static_cast<ssize_t>(line.size());
}

absl::Status WatcherProcess::Hear(const OnSighting& on_sighting) {
  std::array<char, 16 << 10> buffer;
  // Before its pipes are read: all that it wrote is there once it has ended.
  pollfd end = {child_.pidfd(), POLLIN, 0};
  const bool ended = ::poll(&end, 1, 0) > 0;
  ssize_t n;
  while ((n = Read(child_.errors(), buffer)) > 0) {
    tail_.append(buffer.data(), static_cast<size_t>(n));
    if (tail_.size() > kTailBytesMax) {
      tail_.erase(0, tail_.size() - kTailBytesMax);
    }
  }
  while ((n = Read(child_.output(), buffer)) > 0) {
    RETURN_IF_ERROR(
        TakeOutput({buffer.data(), static_cast<size_t>(n)}, on_sighting));
  }
  if (!ended && n == 0) return absl::OkStatus();
  const ChildEnd how = child_.Wait();
  return Internal("the watcher ended by {} {}{}{}",
                  how.signal != 0 ? "signal" : "exit code",
                  how.signal != 0 ? how.signal : how.exit_code,
                  tail_.empty() ? "" : ": ", tail_);
}

absl::Status WatcherProcess::TakeOutput(std::string_view bytes,
                                        const OnSighting& on_sighting) {
  line_ += bytes;
  size_t start = 0;
  for (size_t end; (end = line_.find('\n', start)) != std::string::npos;
       start = end + 1) {
    const auto sighting =
        ParseSighting(std::string_view(line_).substr(start, end - start));
    if (!sighting.ok()) {
      return Internal("the watcher babbles: {}",
                      std::string(sighting.status().message()));
    }
    on_sighting(*sighting);
  }
  line_.erase(0, start);
  if (line_.size() <= kLineBytesMax) return absl::OkStatus();
  return Internal("the watcher wrote a line of more than {} bytes",
                  kLineBytesMax);
}

}  // namespace freshet
