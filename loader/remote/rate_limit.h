// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"

namespace freshet {

// Spreads what is fetched evenly over time. Safe to use from any thread.
class RateLimit {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  // 0: no limit.
  explicit RateLimit(int64_t bytes_per_second)
      : bytes_per_second_(bytes_per_second) {}

  // From when on `bytes` more may be fetched; they count as fetched.
  Instant Reserve(int64_t bytes, Instant now);

 private:
  const int64_t bytes_per_second_;
  Mutex mu_;
  Instant free_at_ ABSL_GUARDED_BY(mu_);
};

}  // namespace freshet
