// SPDX-License-Identifier: Apache-2.0
#include "server/slow_log.h"

#include <spdlog/spdlog.h>

#include "server/net/printable.h"
#include "server/net/request_stats.h"

namespace freshet {
namespace {

double Millis(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace

void SlowLog::Log(const SlowRequest& request,
                  std::chrono::steady_clock::time_point now) {
  const int64_t left_out = Admit(now);
  if (left_out < 0) return;
  const StageTimes& times = request.times;
  spdlog::warn(
      "slow request '{}': service '{}', {} rows, {} in {:.1f} ms (plan {:.1f}, "
      "memory {:.1f}, disk {:.1f}); {} more not logged",
      request.request_id, Printable(request.asked, kLoggedBytesMax),
      request.rows, CodeName(request.code), Millis(times.total),
      Millis(times.plan), Millis(times.cached), Millis(times.disk), left_out);
}

int64_t SlowLog::Admit(std::chrono::steady_clock::time_point now) {
  MutexLock lock(mu_);
  if (now - second_ >= std::chrono::seconds(1)) {
    second_ = now;
    in_second_ = 0;
  }
  if (in_second_ == kPerSecond) {
    ++left_out_;
    return -1;
  }
  ++in_second_;
  return std::exchange(left_out_, 0);
}

}  // namespace freshet
