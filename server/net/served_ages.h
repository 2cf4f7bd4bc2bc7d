// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <limits>

#include "base/histogram.h"

namespace freshet {

// Upper bounds of how old what was served was, in seconds: streams that are
// read, that catch up, and snapshots of every hour, day and month.
inline constexpr std::array<double, 19> kAgeBounds = {
    0.1,     0.25,     0.5,      1.0,       2.5,       5.0,      15.0,
    60.0,    300.0,    900.0,    3'600.0,   10'800.0,  21'600.0, 43'200.0,
    86'400., 108'000., 172'800., 604'800.0, 2'592'000.};

using AgeHistogram = Histogram<kAgeBounds>;

// How old what a view's requests were answered from was, one sample of each
// request. Safe to use from any thread.
struct ServedAges {
  static constexpr int64_t kNotKnown = std::numeric_limits<int64_t>::min();

  // Since the `as_of` of the version.
  AgeHistogram snapshot;
  // Since when not everything is in it that was written to its source's topics.
  AgeHistogram stream;
  // Since the event time of the row of the request's first key, if it has one.
  AgeHistogram row;

  // What `stream` is since; kNotKnown: it is not known, or there are no topics.
  // Whoever knows says so, ten times a second: a request that looked for itself
  // would wait for locks.
  std::atomic<int64_t> whole_until_micros{kNotKnown};
};

}  // namespace freshet
