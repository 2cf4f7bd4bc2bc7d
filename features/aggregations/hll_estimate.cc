// SPDX-License-Identifier: Apache-2.0
#include "features/aggregations/hll_estimate.h"

#include <cmath>
#include <limits>
#include <numeric>

namespace freshet {
namespace {

// Sigma and tau of the source: what registers stand for that are still 0, or
// can rise no further.
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

double HllEstimate(std::span<const double> counts) {
  constexpr double kAlpha = 0.721347520444481703680;  // 1 / (2 ln 2)
  const double size = std::accumulate(counts.begin(), counts.end(), 0.0);
  double z = size * Tau(1 - counts.back() / size);
  for (size_t rank = counts.size() - 2; rank >= 1; --rank) {
    z = 0.5 * (z + counts[rank]);
  }
  z += size * Sigma(counts[0] / size);
  return kAlpha * size * size / z;
}

}  // namespace freshet
