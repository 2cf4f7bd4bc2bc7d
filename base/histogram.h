// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

namespace freshet {

// How long things took, by upper bounds in seconds, ascending. One costs two
// atomic additions. Safe to use from any thread.
template <const auto& kBounds>
class Histogram {
 public:
  void Observe(std::chrono::duration<double> duration) {
    const double seconds = duration.count();
    const auto bound =
        std::lower_bound(kBounds.begin(), kBounds.end(), seconds);
    counts_[static_cast<size_t>(bound - kBounds.begin())].fetch_add(
        1, std::memory_order_relaxed);
    sum_seconds_.fetch_add(seconds, std::memory_order_relaxed);
  }

  struct Snapshot {
    std::array<uint64_t, kBounds.size() + 1> counts{};  // Per bucket.
    double sum_seconds = 0;

    static constexpr std::span<const double> Bounds() { return kBounds; }
  };
  Snapshot Take() const {
    Snapshot snapshot;
    for (size_t i = 0; i < counts_.size(); ++i) {
      snapshot.counts[i] = counts_[i].load(std::memory_order_relaxed);
    }
    snapshot.sum_seconds = sum_seconds_.load(std::memory_order_relaxed);
    return snapshot;
  }

 private:
  std::array<std::atomic<uint64_t>, kBounds.size() + 1> counts_{};
  std::atomic<double> sum_seconds_{0};
};

}  // namespace freshet
