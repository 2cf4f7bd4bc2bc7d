// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"

namespace freshet {

// How long each stage of a request took.
struct StageTimes {
  std::chrono::nanoseconds plan{};    // Parse, limits, plan, keys.
  std::chrono::nanoseconds cached{};  // Lookups in memory.
  std::chrono::nanoseconds disk{};    // Waiting for a thread, and reading.
  std::chrono::nanoseconds total{};
};

struct SlowRequest {
  std::string_view request_id;
  std::string_view asked;  // Service, or "" for a list of features.
  size_t rows = 0;
  int code = 0;
  StageTimes times;
};

// Logs slow requests, at most `kPerSecond` of them; the next line says how
// many were left out. Safe to use from any thread.
class SlowLog {
 public:
  static constexpr int64_t kPerSecond = 10;

  void Log(const SlowRequest& request,
           std::chrono::steady_clock::time_point now);

 private:
  // How many were left out since the last line; -1: leave this one out.
  int64_t Admit(std::chrono::steady_clock::time_point now);

  Mutex mu_;
  std::chrono::steady_clock::time_point second_ ABSL_GUARDED_BY(mu_);
  int64_t in_second_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t left_out_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace freshet
