// SPDX-License-Identifier: Apache-2.0
#include "bench/client/latencies.h"

#include <algorithm>
#include <cmath>

namespace freshet {

int64_t Latencies::Quantile(double q, int64_t from_micros,
                            int64_t to_micros) const {
  std::vector<int64_t> within;
  for (const Sample& sample : samples_) {
    if (sample.due_micros >= from_micros && sample.due_micros < to_micros) {
      within.push_back(sample.latency_micros);
    }
  }
  if (within.empty()) return 0;
  const auto at = static_cast<size_t>(
      std::lround(q * static_cast<double>(within.size() - 1)));
  std::nth_element(within.begin(), within.begin() + static_cast<ptrdiff_t>(at),
                   within.end());
  return within[at];
}

}  // namespace freshet
