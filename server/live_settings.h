// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "config/settings.h"

namespace freshet {

// The settings that a reload may change and requests look at. Safe to use from
// any thread.
class LiveSettings {
 public:
  explicit LiveSettings(const Settings& settings) { Set(settings); }

  void Set(const Settings& settings) {
    MutexLock lock(mu_);
    limits_ = settings.limits;
    slow_request_ms_ = settings.log.slow_request_ms;
  }

  RequestLimits limits() const {
    MutexLock lock(mu_);
    return limits_;
  }
  // 0: none is slow.
  int64_t slow_request_ms() const {
    MutexLock lock(mu_);
    return slow_request_ms_;
  }

 private:
  mutable Mutex mu_;
  RequestLimits limits_ ABSL_GUARDED_BY(mu_);
  int64_t slow_request_ms_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace freshet
