// SPDX-License-Identifier: Apache-2.0
#include "config/streams/aggregate_function.h"

#include <array>
#include <utility>

#include "base/check.h"

namespace freshet {
namespace {

constexpr std::array<std::pair<AggregateFunction, std::string_view>, 19>
    kFunctions = {{
        {AggregateFunction::kCount, "count"},
        {AggregateFunction::kSum, "sum"},
        {AggregateFunction::kMean, "mean"},
        {AggregateFunction::kMin, "min"},
        {AggregateFunction::kMax, "max"},
        {AggregateFunction::kStddev, "stddev"},
        {AggregateFunction::kStddevPop, "stddev_pop"},
        {AggregateFunction::kVariance, "variance"},
        {AggregateFunction::kVariancePop, "variance_pop"},
        {AggregateFunction::kFirst, "first"},
        {AggregateFunction::kLast, "last"},
        {AggregateFunction::kFirstN, "first_n"},
        {AggregateFunction::kLastN, "last_n"},
        {AggregateFunction::kCountDistinct, "count_distinct"},
        {AggregateFunction::kApproxCountDistinct, "approx_count_distinct"},
        {AggregateFunction::kApproxPercentile, "approx_percentile"},
        {AggregateFunction::kBoolOr, "bool_or"},
        {AggregateFunction::kBoolAnd, "bool_and"},
        {AggregateFunction::kTopK, "top_k"},
    }};

}  // namespace

std::string_view FunctionName(AggregateFunction function) {
  for (const auto& [known, name] : kFunctions) {
    if (known == function) return name;
  }
  CHECK(false);
}

std::optional<AggregateFunction> FindFunction(std::string_view name) {
  for (const auto& [function, known] : kFunctions) {
    if (known == name) return function;
  }
  return std::nullopt;
}

}  // namespace freshet
