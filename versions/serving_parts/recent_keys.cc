// SPDX-License-Identifier: Apache-2.0
#include "versions/serving_parts/recent_keys.h"

namespace freshet {

void RecentKeys::Offer(std::string_view key) {
  if (offered_.fetch_add(1, std::memory_order_relaxed) % kEvery != 0) return;
  MutexLock lock(mu_);
  if (keys_.size() < kKeysMax) {
    keys_.emplace_back(key);
    return;
  }
  keys_[next_].assign(key);
  next_ = (next_ + 1) % kKeysMax;
}

std::vector<std::string> RecentKeys::Sample() const {
  MutexLock lock(mu_);
  return keys_;
}

}  // namespace freshet
