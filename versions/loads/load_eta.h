// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "storage/protocol/load_protocol.h"

namespace freshet {

// How long a load will still take, from the share of its work that is done and
// the time that took. Reading and writing are taken for 60 % and 35 % of it:
// measured shares differ with the format, and a guess that converges is better
// than none. Not thread-safe.
class LoadEta {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit LoadEta(Time start) : start_(start) {}

  // Seconds; negative while nothing can be said.
  double Seconds(const LoadProgress& progress, Time now) const;

 private:
  const Time start_;
};

}  // namespace freshet
