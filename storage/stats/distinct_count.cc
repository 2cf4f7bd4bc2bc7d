// SPDX-License-Identifier: Apache-2.0
#include "storage/stats/distinct_count.h"

#include <cmath>
#include <limits>

namespace freshet {
namespace {

// Both are of Ertl, "New cardinality estimation algorithms for HyperLogLog
// sketches" (2017), algorithm 6: without tables of measured corrections, and
// as good for few values as for many.
double Sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double power = 1;
  double sum = x;
  for (double before = -1; sum != before; power += power) {
    x *= x;
    before = sum;
    sum += x * power;
  }
  return sum;
}

double Tau(double x) {
  if (x == 0 || x == 1) return 0;
  double power = 1;
  double sum = 1 - x;
  for (double before = -1; sum != before;) {
    x = std::sqrt(x);
    before = sum;
    power *= 0.5;
    sum -= (1 - x) * (1 - x) * power;
  }
  return sum / 3;
}

}  // namespace

double DistinctCount::Estimate() const {
  constexpr double kAlpha = 0.721347520444481703680;  // 1 / (2 ln 2)
  const auto size = static_cast<double>(registers_.size());
  std::array<double, kRankMax + 1> counts{};
  for (const uint8_t rank : registers_) ++counts[rank];
  double z = size * Tau(1 - counts[kRankMax] / size);
  for (int rank = kRankMax - 1; rank >= 1; --rank) {
    z = 0.5 * (z + counts[static_cast<size_t>(rank)]);
  }
  z += size * Sigma(counts[0] / size);
  return kAlpha * size * size / z;
}

}  // namespace freshet
