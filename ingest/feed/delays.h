// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

#include "base/histogram.h"

namespace freshet {

// Upper bounds of how long it took until an event could be served, in seconds:
// about a tick of the writer, what a person waits for, and hours of catching
// up.
inline constexpr std::array<double, 14> kDelayBounds = {
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
    1.0,   2.5,  5.0,   15.0, 60., 300., 3'600.0};

using DelayHistogram = Histogram<kDelayBounds>;

// From a time that somebody else's clock said until now: nothing takes less
// than no time.
inline std::chrono::duration<double> DelaySince(int64_t micros,
                                                int64_t now_micros) {
  constexpr double kMicros = 1e6;
  const double seconds =
      (static_cast<double>(now_micros) - static_cast<double>(micros)) / kMicros;
  return std::chrono::duration<double>(std::max(seconds, 0.0));
}

}  // namespace freshet
