// SPDX-License-Identifier: Apache-2.0
#include "loader/progress_reporter.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/file.h"

namespace freshet {
namespace {

constexpr std::chrono::milliseconds kTick(100);
constexpr std::chrono::milliseconds kHeartbeat(900);

// Not getrusage: its figure begins with that of the daemon, whose memory this
// process was of between fork and exec. 0 where there is no /proc.
int64_t PeakRssBytes() {
  constexpr std::string_view kField = "\nVmHWM:";
  const absl::StatusOr<std::string> status = ReadFile("/proc/self/status");
  if (!status.ok()) return 0;
  const size_t at = status->find(kField);
  if (at == std::string::npos) return 0;
  const char* number = status->c_str() + at + kField.size();
  return int64_t{std::strtoll(number, nullptr, 10)} * 1024;
}

// The daemon refuses a line of 64 KiB and would not hear why the load failed.
absl::Status Cut(const absl::Status& status) {
  constexpr size_t kShown = 4096;
  const std::string message(status.message());
  if (message.size() <= kShown) return status;
  const std::string text = message.substr(0, kShown) + "...";
  return absl::Status(status.code(), text);
}

}  // namespace

ProgressReporter::ProgressReporter(int fd)
    : fd_(fd), thread_([this] { Run(); }) {}

ProgressReporter::~ProgressReporter() {
  {
    MutexLock lock(mu_);
    done_ = true;
    wake_.SignalAll();
  }
  thread_.join();
}

void ProgressReporter::SetBytesTotal(int64_t bytes) {
  MutexLock lock(mu_);
  progress_.bytes_total = bytes;
  changed_ = true;
}

void ProgressReporter::EnterPhase(LoadPhase phase, int64_t rows,
                                  int64_t rows_total) {
  MutexLock lock(mu_);
  progress_.phase = phase;
  progress_.rows = rows;
  progress_.rows_total = rows_total;
  WriteLine();
}

void ProgressReporter::Update(int64_t rows, int64_t bytes,
                              int64_t bytes_written) {
  MutexLock lock(mu_);
  progress_.rows = rows;
  progress_.bytes = bytes;
  progress_.bytes_written = bytes_written;
  changed_ = true;
}

void ProgressReporter::Finish(const absl::Status& result) {
  MutexLock lock(mu_);
  progress_.phase = result.ok() ? LoadPhase::kBuilt : LoadPhase::kFailed;
  progress_.error = Cut(result);
  WriteLine();
  done_ = true;
}

void ProgressReporter::Run() {
  MutexLock lock(mu_);
  while (!done_) {
    wake_.WaitFor(mu_, kTick);
    const auto age = std::chrono::steady_clock::now() - written_;
    if (!done_ && age >= (changed_ ? kTick : kHeartbeat)) WriteLine();
  }
}

void ProgressReporter::WriteLine() {
  if (done_) return;
  progress_.rss_bytes = PeakRssBytes();
  progress_.work = work_.load(std::memory_order_relaxed);
  const std::string line = SerializeLoadProgress(progress_);
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t n = ::write(fd_, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    // Nobody reads: the daemon is gone, and so the load is for nothing.
    if (n < 0) ::_exit(1);
    rest.remove_prefix(static_cast<size_t>(n));
  }
  written_ = std::chrono::steady_clock::now();
  changed_ = false;
}

}  // namespace freshet
