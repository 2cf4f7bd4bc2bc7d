// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"

namespace freshet {

// A sample of the keys that requests asked of one view lately: a version is
// warmed by reading them before it is published. Offer is cheap: all but one
// of `kEvery` calls only count. Safe to use from any thread.
class RecentKeys {
 public:
  static constexpr uint64_t kEvery = 16;
  static constexpr size_t kKeysMax = 4096;

  void Offer(std::string_view key);
  std::vector<std::string> Sample() const;

 private:
  std::atomic<uint64_t> offered_{0};
  mutable Mutex mu_;
  std::vector<std::string> keys_ ABSL_GUARDED_BY(mu_);
  size_t next_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace freshet
