// SPDX-License-Identifier: Apache-2.0
#include "loader/remote/rate_limit.h"

#include <algorithm>

namespace freshet {

RateLimit::Instant RateLimit::Reserve(int64_t bytes, Instant now) {
  if (bytes_per_second_ <= 0) return now;
  MutexLock lock(mu_);
  const Instant from = std::max(free_at_, now);
  const std::chrono::duration<double> takes(
      static_cast<double>(bytes) / static_cast<double>(bytes_per_second_));
  free_at_ = from + std::chrono::duration_cast<Instant::duration>(takes);
  return from;
}

}  // namespace freshet
