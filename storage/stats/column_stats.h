// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "config/type.h"

namespace freshet {

// Shares of values, at which ColumnStats::quantiles stand.
inline constexpr std::array<double, 5> kStatsQuantiles = {0.01, 0.25, 0.5, 0.75,
                                                          0.99};

// What is known of the values of one feature in one version.
struct ColumnStats {
  uint32_t feature_id = 0;
  int64_t nulls = 0;
  int64_t nans = 0;  // Of float and double; of float[n], where one is in it.

  // Of the numbers that the other values stand for (StatsMeasure). All are 0 if
  // there is no such value, or the version was built before they were taken.
  double min = 0;
  double max = 0;
  double mean = 0;      // Of the finite ones; `min` if none is.
  double distinct = 0;  // Different values, within some 3 %.
  // At kStatsQuantiles, of a sample of the rows (RowSample). Empty: no row of
  // it has such a value.
  std::vector<double> quantiles = {};

  int64_t missing() const { return nulls + nans; }  // Rows without a value.

  bool operator==(const ColumnStats&) const = default;
};

// What a type's values stand for in statistics and guards: `value` (bool: 0 and
// 1; timestamp: seconds since 1970), of strings and bytes `bytes`, of lists
// `elements`, of float[n] `norm` (Euclidean).
std::string_view StatsMeasure(const Type& type);

}  // namespace freshet
