// SPDX-License-Identifier: Apache-2.0
#include "config/streams/aggregate_function.h"

#include <array>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/status.h"

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

absl::Status CheckRange(const FunctionCall& call, std::string_view name,
                        uint32_t value, SizeRange range) {
  if (range.Has(value)) return absl::OkStatus();
  return InvalidArgument("'{}' of {} is {}, not {} to {}", name,
                         FunctionName(call.function), value, range.least,
                         range.most);
}

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

std::vector<std::string> AggregateFunctionNames() {
  std::vector<std::string> names;
  for (const auto& [function, name] : kFunctions) names.emplace_back(name);
  return names;
}

absl::Status CheckCall(const FunctionCall& call) {
  switch (call.function) {
    case AggregateFunction::kFirstN:
    case AggregateFunction::kLastN:
      return CheckRange(call, "n", call.n, kOrderedSizes);
    case AggregateFunction::kCountDistinct:
      return CheckRange(call, "size", call.size, kDistinctSizes);
    case AggregateFunction::kApproxCountDistinct:
      return CheckRange(call, "size", call.size, kHllSizes);
    case AggregateFunction::kApproxPercentile:
      if (!(call.percentile >= 0 && call.percentile <= 1)) {
        return InvalidArgument("'percentile' of {} is {}, not 0 to 1",
                               FunctionName(call.function), call.percentile);
      }
      return CheckRange(call, "size", call.size, kQuantilesSizes);
    case AggregateFunction::kTopK:
      RETURN_IF_ERROR(CheckRange(call, "size", call.size, kTopSizes));
      return CheckRange(call, "n", call.n, {1, call.size});
    default:
      return absl::OkStatus();
  }
}

}  // namespace freshet
