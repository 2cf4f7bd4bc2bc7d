// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

#include "config/value.h"
#include "features/aggregations/function.h"

namespace freshet {

// The function over values that are in order of time.
inline Value Computed(const FunctionCall& call,
                      const std::vector<int64_t>& values) {
  using enum AggregateFunction;
  const auto count = static_cast<int64_t>(values.size());
  if (call.function == kCount) return Value(count);
  if (call.function == kCountDistinct) {
    const std::set<int64_t> distinct(values.begin(), values.end());
    return Value(static_cast<int64_t>(distinct.size()));
  }
  if (values.empty()) return Value();
  int64_t sum = 0;
  for (const int64_t value : values) sum += value;
  Value::List list;
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t place = call.function == kFirstN ? i : values.size() - 1 - i;
    if (place < call.n) list.emplace_back(values[i]);
  }
  switch (call.function) {
    case kSum:
      return Value(sum);
    case kMean:
      return Value(static_cast<double>(sum) / static_cast<double>(count));
    case kMin:
      return Value(*std::min_element(values.begin(), values.end()));
    case kMax:
      return Value(*std::max_element(values.begin(), values.end()));
    case kFirst:
      return Value(values.front());
    case kLast:
      return Value(values.back());
    default:
      return Value(list);
  }
}

}  // namespace freshet
