// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "base/mutex.h"
#include "storage/protocol/load_protocol.h"

namespace freshet {

// Tells the daemon how far a load is: one LoadProgress line at each change of
// phase, at most ten a second between, and at least one a second from a thread
// of its own, so that people see that it lives. That thread also writes when
// all others hang: the daemon tells the two apart by what the records count, so
// whatever takes long must call Update or Worked as it goes on. Safe to use
// from any thread.
class ProgressReporter {
 public:
  // Writes to `fd`, which must stay open as long as this object.
  explicit ProgressReporter(int fd);
  ~ProgressReporter();

  void SetBytesTotal(int64_t bytes);
  // `rows`: done in this phase; `rows_total` 0: not known.
  void EnterPhase(LoadPhase phase, int64_t rows, int64_t rows_total);
  void Update(int64_t rows, int64_t bytes, int64_t bytes_written);
  // Something was done that Update does not count. Cheap.
  void Worked() { work_.fetch_add(1, std::memory_order_relaxed); }

  // The last record: kBuilt, or kFailed with why.
  void Finish(const absl::Status& result);

 private:
  using Instant = std::chrono::steady_clock::time_point;

  void Run();
  void WriteLine() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const int fd_;
  Mutex mu_;
  CondVar wake_;
  std::atomic<int64_t> work_ = 0;
  LoadProgress progress_ ABSL_GUARDED_BY(mu_);
  bool changed_ ABSL_GUARDED_BY(mu_) = false;
  bool done_ ABSL_GUARDED_BY(mu_) = false;
  Instant written_ ABSL_GUARDED_BY(mu_);
  std::thread thread_;
};

}  // namespace freshet
