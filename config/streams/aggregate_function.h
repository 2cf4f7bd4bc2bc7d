// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace freshet {

// What is computed over the events of a window. docs/streaming.md says what
// each answers; docs/semantics.md, rules 24 and 25, how exactly.
enum class AggregateFunction : uint8_t {
  kCount,
  kSum,
  kMean,
  kMin,
  kMax,
  kStddev,
  kStddevPop,
  kVariance,
  kVariancePop,
  kFirst,
  kLast,
  kFirstN,
  kLastN,
  kCountDistinct,
  kApproxCountDistinct,
  kApproxPercentile,
  kBoolOr,
  kBoolAnd,
  kTopK,
};

// As definitions write it: `approx_count_distinct`.
std::string_view FunctionName(AggregateFunction function);
std::optional<AggregateFunction> FindFunction(std::string_view name);

// How large what is kept of a function may be: what first_n and last_n are told
// as `n`, and the `size` of the others.
struct SizeRange {
  uint32_t least = 0;
  uint32_t most = 0;

  constexpr bool Has(uint32_t size) const {
    return size >= least && size <= most;
  }
};
inline constexpr SizeRange kOrderedSizes{1, 1'000};
inline constexpr SizeRange kDistinctSizes{16, 100'000};
inline constexpr SizeRange kHllSizes{4, 18};
inline constexpr SizeRange kQuantilesSizes{1, 100};
inline constexpr SizeRange kTopSizes{1, 10'000};
// Of how many values of a second column a function is computed by itself.
inline constexpr SizeRange kGroupCounts{1, 1'000};

// A function with what it is told.
struct FunctionCall {
  AggregateFunction function = AggregateFunction::kCount;
  uint32_t n = 0;         // first_n, last_n, top_k: how many.
  double percentile = 0;  // approx_percentile: 0 to 1.
  // count_distinct, top_k: how many values are exact; approx_count_distinct:
  // the binary logarithm of the registers; approx_percentile: thousandths that
  // an answer may be off.
  uint32_t size = 0;

  bool operator==(const FunctionCall&) const = default;
};

// `sum`, `last_n(5)`, `approx_percentile(0.99)`, `top_k(10, 1000)`: what they
// are told stands in brackets, and their size behind it, where it is another
// than it would be. INVALID_ARGUMENT says what the function takes.
absl::StatusOr<FunctionCall> ParseFunction(std::string_view text);
// What ParseFunction reads back.
std::string FunctionText(const FunctionCall& call);

// All names, in the order of the enumeration.
std::vector<std::string> AggregateFunctionNames();

// INVALID_ARGUMENT says which number may be what: `size` of `top_k`, 1 to
// 10,000.
absl::Status CheckCall(const FunctionCall& call);

}  // namespace freshet
