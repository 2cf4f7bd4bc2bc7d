// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"

namespace freshet {

// Says to a thread that it is to end, and wakes it where it waits here. Safe to
// use from any thread.
class StopFlag {
 public:
  void Set() {
    MutexLock lock(mu_);
    set_ = true;
    changed_.SignalAll();
  }

  bool IsSet() const {
    MutexLock lock(mu_);
    return set_;
  }

  // Returns whether it was set before the time was over.
  bool WaitFor(std::chrono::milliseconds timeout) {
    const auto until = std::chrono::steady_clock::now() + timeout;
    MutexLock lock(mu_);
    while (!set_) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(
          until - std::chrono::steady_clock::now());
      if (left.count() <= 0) return false;
      changed_.WaitFor(mu_, left);
    }
    return true;
  }

 private:
  mutable Mutex mu_;
  CondVar changed_;
  bool set_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace freshet
