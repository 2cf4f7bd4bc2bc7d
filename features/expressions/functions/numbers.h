// SPDX-License-Identifier: Apache-2.0
// What kernels of several sources do with numbers.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "features/expressions/value_column.h"

namespace freshet {

inline constexpr int kDecimalDigitsMax = 18;

inline constexpr int64_t kPowersOfTen[kDecimalDigitsMax + 1] = {
    1,
    10,
    100,
    1'000,
    10'000,
    100'000,
    1'000'000,
    10'000'000,
    100'000'000,
    1'000'000'000,
    10'000'000'000,
    100'000'000'000,
    1'000'000'000'000,
    10'000'000'000'000,
    100'000'000'000'000,
    1'000'000'000'000'000,
    10'000'000'000'000'000,
    100'000'000'000'000'000,
    1'000'000'000'000'000'000};

// kOverflow if `value` is beyond what the type's values reach.
template <typename Int>
RowState FitState(int64_t value) {
  return value >= std::numeric_limits<Int>::min() &&
                 value <= std::numeric_limits<Int>::max()
             ? RowState::kValue
             : RowState::kOverflow;
}
inline RowState DigitsState(int64_t unscaled, uint8_t precision) {
  const int64_t limit = kPowersOfTen[precision];
  return unscaled > -limit && unscaled < limit ? RowState::kValue
                                               : RowState::kOverflow;
}

// kBadInput beyond DuckDB's timestamps: from the first whole day that
// microseconds in 64 bits reach up to what it keeps for infinity.
inline RowState TimestampState(int64_t micros) {
  constexpr int64_t kLeast = -9'223'372'022'400'000'000;
  return micros >= kLeast && micros < std::numeric_limits<int64_t>::max()
             ? RowState::kValue
             : RowState::kBadInput;
}

// `value` / 10^digits, half away from zero. Requires: 0 <= digits <= 18.
inline int64_t DivideRounded(int64_t value, int digits) {
  const int64_t unit = kPowersOfTen[digits];
  const int64_t rest = value % unit;
  // Not rest * 2, which can overflow; unit is even unless it is 1.
  if (unit == 1 || (rest < unit / 2 && rest > -(unit / 2))) return value / unit;
  return value / unit + (value < 0 ? -1 : 1);
}

// NaN is equal to itself and greater than everything else.
inline bool Equal(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}
inline bool Less(double a, double b) {
  return a < b || (!std::isnan(a) && std::isnan(b));
}
template <typename T>
bool Equal(const T& a, const T& b) {
  return a == b;
}
template <typename T>
bool Less(const T& a, const T& b) {
  return a < b;
}

}  // namespace freshet
