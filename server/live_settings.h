// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "config/settings.h"
#include "server/process/sizing.h"

namespace freshet {

// The settings that hold: what a reload cannot change stays as it was at the
// start, whatever the file says by now.
struct HeldSettings {
  Settings asked;  // As the file and --set have them.
  Sizing sizing;   // As they fit the machine.
};

// The settings that hold right now. Whoever needs one that a reload may change
// asks here each time. Safe to use from any thread.
class LiveSettings {
 public:
  explicit LiveSettings(HeldSettings held)
      : held_(std::make_shared<const HeldSettings>(std::move(held))) {}

  void Set(HeldSettings held) {
    auto next = std::make_shared<const HeldSettings>(std::move(held));
    MutexLock lock(mu_);
    held_.swap(next);
  }

  // Never null.
  std::shared_ptr<const HeldSettings> held() const {
    MutexLock lock(mu_);
    return held_;
  }

  // For requests: without the reference count.
  RequestLimits limits() const {
    MutexLock lock(mu_);
    return held_->sizing.settings.limits;
  }
  // 0: none is slow.
  int64_t slow_request_ms() const {
    MutexLock lock(mu_);
    return held_->sizing.settings.log.slow_request_ms;
  }

 private:
  mutable Mutex mu_;
  std::shared_ptr<const HeldSettings> held_ ABSL_GUARDED_BY(mu_);
};

}  // namespace freshet
