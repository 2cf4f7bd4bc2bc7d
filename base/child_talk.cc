// SPDX-License-Identifier: Apache-2.0
#include "base/child_talk.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <utility>

#include "base/check.h"

namespace freshet {
namespace {

using std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock::time_point;

SteadyTime Now() { return std::chrono::steady_clock::now(); }

// Watches one child from its start to its end.
class Watch {
 public:
  Watch(ChildProcess child, const ChildTalk& talk)
      : child_(std::move(child)),
        talk_(talk),
        input_(talk.input),
        idle_at_(Now() + talk.idle_timeout) {}

  // Why we ended it, or OK if it ended by itself, then in `end`.
  absl::Status Run(ChildEnd& end) {
    while (!ended_) Step();
    // What it wrote before it ended; bounded, as a grandchild could go on.
    for (int i = 0; i < kDrains && ReadOutput(); ++i) {
    }
    for (int i = 0; i < kDrains && ReadErrors(); ++i) {
    }
    end = child_.Wait();
    return stop_;
  }

 private:
  static constexpr int kDrains = 64;

  void Step() {
    std::array<pollfd, 5> fds = {{
        {child_.pidfd(), POLLIN, 0},
        {output_open_ ? child_.output() : -1, POLLIN, 0},
        {errors_open_ ? child_.errors() : -1, POLLIN, 0},
        {input_.empty() ? -1 : child_.input(), POLLOUT, 0},
        {stop_.ok() ? talk_.cancelled : -1, POLLIN, 0},
    }};
    const int ready = ::poll(fds.data(), fds.size(), TimeLeftMs());
    if (ready < 0) {
      CHECK(errno == EINTR || errno == EAGAIN || errno == ENOMEM);
      return;
    }
    if (fds[1].revents != 0) ReadOutput();
    if (fds[2].revents != 0) ReadErrors();
    if (fds[3].revents != 0) WriteInput();
    if (fds[4].revents != 0) {
      Stop(talk_.when_cancelled, SIGTERM);
    }
    CheckTimes();
    ended_ = fds[0].revents != 0;
  }

  int TimeLeftMs() const {
    const SteadyTime until = kill_at_.value_or(idle_at_);
    const auto left = std::chrono::ceil<milliseconds>(until - Now()).count();
    return static_cast<int>(std::clamp<int64_t>(left, 0, 3'600'000));
  }

  void CheckTimes() {
    if (kill_at_.has_value()) {
      if (Now() < *kill_at_) return;
      child_.Signal(SIGKILL);
      kill_at_ = Now() + talk_.term_grace;
    } else if (Now() >= idle_at_) {
      Stop(talk_.when_idle(), SIGKILL);
    }
  }

  void Stop(absl::Status why, int signal) {
    if (!stop_.ok()) return;
    stop_ = std::move(why);
    kill_at_ = Now() + talk_.term_grace;
    child_.Signal(signal);
  }

  // Both read once; false: nothing more for now, or closed.
  bool ReadOutput() {
    const std::optional<std::string_view> bytes =
        Read(child_.output(), output_open_);
    if (!bytes.has_value()) return false;
    if (!stop_.ok()) return true;
    const int64_t advances = talk_.advances();
    if (absl::Status taken = talk_.take_output(*bytes); !taken.ok()) {
      Stop(std::move(taken), SIGKILL);
    }
    if (talk_.advances() != advances) idle_at_ = Now() + talk_.idle_timeout;
    return true;
  }

  bool ReadErrors() {
    const std::optional<std::string_view> bytes =
        Read(child_.errors(), errors_open_);
    if (!bytes.has_value()) return false;
    talk_.take_errors(*bytes);
    return true;
  }

  std::optional<std::string_view> Read(int fd, bool& open) {
    if (!open) return std::nullopt;
    const ssize_t n = ::read(fd, buffer_.data(), buffer_.size());
    if (n > 0) return std::string_view(buffer_.data(), static_cast<size_t>(n));
    if (n == 0 || (errno != EAGAIN && errno != EINTR)) open = false;
    return std::nullopt;
  }

  void WriteInput() {
    const ssize_t n = ::send(child_.input(), input_.data(), input_.size(),
                             MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) {
      input_.remove_prefix(static_cast<size_t>(n));
    } else if (errno != EAGAIN && errno != EINTR) {
      input_ = {};  // It closed its input; its end says more than we could.
    }
  }

  ChildProcess child_;
  const ChildTalk& talk_;
  std::string_view input_;
  SteadyTime idle_at_;
  std::optional<SteadyTime> kill_at_;  // Set once it was told to stop.
  absl::Status stop_;                  // Why.
  bool output_open_ = true;
  bool errors_open_ = true;
  bool ended_ = false;
  std::array<char, 16 << 10> buffer_;
};

}  // namespace

absl::Status HearChild(ChildProcess child, const ChildTalk& talk,
                       ChildEnd& end) {
  return Watch(std::move(child), talk).Run(end);
}

}  // namespace freshet
