// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <chrono>

namespace freshet {
namespace {

template <typename C>
int64_t MicrosOf() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             C::now().time_since_epoch())
      .count();
}

}  // namespace

int64_t SystemClock::NowMicros() const {
  return MicrosOf<std::chrono::system_clock>();
}

int64_t SimulatedClock::NowMicros() const {
  MutexLock lock(mu_);
  return offset_ + (stands_ ? 0 : MicrosOf<std::chrono::steady_clock>());
}

void SimulatedClock::Set(int64_t now_micros) {
  MutexLock lock(mu_);
  offset_ = now_micros - MicrosOf<std::chrono::steady_clock>();
  stands_ = false;
}

void SimulatedClock::Hold(int64_t now_micros) {
  MutexLock lock(mu_);
  offset_ = now_micros;
  stands_ = true;
}

}  // namespace freshet
