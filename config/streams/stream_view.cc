// SPDX-License-Identifier: Apache-2.0
#include "config/streams/stream_view.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/status.h"
#include "config/units.h"

namespace freshet {
namespace {

constexpr int64_t kWeekMicros = 604'800'000'000;
constexpr int64_t kDayMicros = kWeekMicros / 7;
constexpr int64_t kMinuteMicros = 60'000'000;
constexpr int64_t kShortestExactMicros = 10'000'000;
constexpr int64_t kLongestDays = 800;  // More than two years.

// 0.99 -> 99, 0.999 -> 99_9: a name has no point.
std::string PercentText(double share) {
  std::string text = fmt::format("{:.6g}", share * 100);
  std::replace(text.begin(), text.end(), '.', '_');
  return text;
}

std::string NameOf(const FunctionCall& call) {
  switch (call.function) {
    case AggregateFunction::kFirstN:
      return fmt::format("first_{}", call.n);
    case AggregateFunction::kLastN:
      return fmt::format("last_{}", call.n);
    case AggregateFunction::kTopK:
      return fmt::format("top_{}", call.n);
    case AggregateFunction::kApproxPercentile:
      return fmt::format("p{}", PercentText(call.percentile));
    default:
      return std::string(FunctionName(call.function));
  }
}

bool IsLength(int64_t micros) {
  return micros >= kShortestExactMicros && micros <= kLongestDays * kDayMicros;
}

absl::Status NoWindow(std::string_view text) {
  return InvalidArgument(
      "a window of {}; one is 10s to {}d long, or 'lifetime'", text,
      kLongestDays);
}

}  // namespace

std::string WindowText(int64_t window_micros) {
  if (window_micros == 0) return "lifetime";
  if (window_micros % kWeekMicros == 0) {
    return fmt::format("{}d", window_micros / kDayMicros);
  }
  return FormatDuration(window_micros);
}

absl::StatusOr<int64_t> ParseWindow(std::string_view text) {
  if (text == "lifetime") return 0;
  ASSIGN_OR_RETURN(const int64_t micros, ParseDuration(text));
  if (IsLength(micros)) return micros;
  return NoWindow(text);
}

absl::Status CheckWindow(const Aggregation& aggregation,
                         int64_t window_micros) {
  if (window_micros == 0) return absl::OkStatus();
  const std::string text = WindowText(window_micros);
  if (!IsLength(window_micros)) return NoWindow(text);
  if (aggregation.mode == WindowMode::kSawtooth &&
      window_micros < kMinuteMicros) {
    return InvalidArgument(
        "a window of {}, and the old end of a sawtooth one moves by a second "
        "at least; of less than 1m it is exact: add 'window_mode: exact'",
        text);
  }
  if (aggregation.mode == WindowMode::kExact && window_micros > kDayMicros &&
      !aggregation.force_exact) {
    return InvalidArgument(
        "an exact window of {} keeps every event for so long; of more than 1d "
        "it is 'window_mode: sawtooth', or says 'force_exact: true'",
        text);
  }
  return absl::OkStatus();
}

std::string WindowFeatureName(const std::string& column,
                              const FunctionCall& call, int64_t window_micros) {
  const std::string rest = NameOf(call) + "_" + WindowText(window_micros);
  return column.empty() ? rest : column + "_" + rest;
}

std::vector<std::string> WindowFeatureNames(const WindowedView& view) {
  std::vector<std::string> names;
  for (const Aggregation& aggregation : view.aggregations) {
    for (const FunctionCall& call : aggregation.functions) {
      for (const int64_t window_micros : aggregation.windows_micros) {
        names.push_back(
            WindowFeatureName(aggregation.column, call, window_micros));
      }
    }
  }
  return names;
}

}  // namespace freshet
