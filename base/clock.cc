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
  return MicrosOf<std::chrono::steady_clock>() + offset_.load();
}

void SimulatedClock::Set(int64_t now_micros) {
  offset_.store(now_micros - MicrosOf<std::chrono::steady_clock>());
}

}  // namespace freshet
