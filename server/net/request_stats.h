// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "base/histogram.h"
#include "base/mutex.h"
#include "server/net/served_ages.h"
#include "server/online/view_rows.h"

namespace freshet {

// Upper bounds of the duration histograms, in seconds; centred on the budget
// of 100 ms.
inline constexpr std::array<double, 14> kDurationBounds = {
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.035,
    0.05,   0.075, 0.1,   0.15,  0.25, 0.5,  1.0};

using DurationHistogram = Histogram<kDurationBounds>;

// Calls of one method.
struct MethodStats {
  static constexpr size_t kCodes = 17;  // gRPC's, 0 to 16.

  std::array<std::atomic<uint64_t>, kCodes> by_code{};
  DurationHistogram duration;

  void Count(int code, std::chrono::nanoseconds duration);
};

enum class ShedReason {
  kKeys,
  kFeatures,
  kRequestBytes,
  kReplyBytes,
  kReadQueue,
};
inline constexpr std::array<std::string_view, 5> kShedReasons = {
    "keys", "features", "request_bytes", "reply_bytes", "read_queue"};

// What requests got of one view.
struct ViewStats {
  std::array<std::atomic<uint64_t>, kLookupResults> keys{};  // By result.
  ServedAges ages;

  void Add(const LookupCounts& counts);
};
inline constexpr std::array<std::string_view, kLookupResults> kLookupNames = {
    "found", "missing", "expired", "error", "timeout", "no_version"};

// What requests did, in plain atomics that the metrics page reads. What it
// hands out lives as long as it does. Safe to use from any thread.
class RequestStats {
 public:
  // `method` is the full name, `/freshet.v1.OnlineService/GetFeatures`.
  MethodStats& method(std::string_view method);
  ViewStats& view(std::string_view name);

  void CountShed(ShedReason reason) {
    shed_[static_cast<size_t>(reason)].fetch_add(1, std::memory_order_relaxed);
  }
  uint64_t shed(size_t reason) const { return shed_[reason].load(); }
  void CountSlow() { slow_.fetch_add(1, std::memory_order_relaxed); }
  uint64_t slow() const { return slow_.load(); }

  // Pointers to all there are, by short name.
  std::map<std::string, const MethodStats*> methods() const;
  std::map<std::string, const ViewStats*> views() const;

 private:
  mutable Mutex mu_;
  std::map<std::string, std::unique_ptr<MethodStats>, std::less<>> methods_
      ABSL_GUARDED_BY(mu_);
  std::map<std::string, std::unique_ptr<ViewStats>, std::less<>> views_
      ABSL_GUARDED_BY(mu_);
  std::array<std::atomic<uint64_t>, kShedReasons.size()> shed_{};
  std::atomic<uint64_t> slow_{0};
};

// Name of a gRPC code, `NOT_FOUND`; `UNKNOWN` for a number that is none.
std::string_view CodeName(int code);

}  // namespace freshet
