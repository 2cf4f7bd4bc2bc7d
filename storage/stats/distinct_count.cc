// SPDX-License-Identifier: Apache-2.0
#include "storage/stats/distinct_count.h"

namespace freshet {

double DistinctCount::Estimate() const {
  std::array<double, kRankMax + 1> counts{};
  for (const uint8_t rank : registers_) ++counts[rank];
  return HllEstimate(counts);
}

}  // namespace freshet
