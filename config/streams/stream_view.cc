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

std::string NameWith(const Aggregation& aggregation,
                     const std::string& function, const WindowSeries& windows) {
  std::string name = function + "_" + WindowText(windows.window_micros);
  if (windows.count > 1) name += fmt::format("_x{}", windows.count);
  if (!aggregation.by.empty()) name += "_by_" + aggregation.by;
  const std::string& column = aggregation.column;
  return column.empty() ? name : column + "_" + name;
}

bool IsLength(int64_t micros) {
  return micros >= kShortestExactMicros && micros <= kLongestDays * kDayMicros;
}

absl::Status NoWindow(std::string_view text) {
  return InvalidArgument(
      "a window of {}; one is 10s to {}d long, or 'lifetime'", text,
      kLongestDays);
}

absl::Status CheckSeries(const WindowSeries& series) {
  const std::string window = WindowText(series.window_micros);
  if (series.window_micros == 0) {
    return InvalidArgument("a series of '{}'; its windows have a length",
                           window);
  }
  const SizeRange counts = WindowSeries::kCounts;
  if (!counts.Has(series.count)) {
    return InvalidArgument("a series of {} windows of {}; one has {} to {}",
                           series.count, window, counts.least, counts.most);
  }
  if (IsLength(series.reach_micros())) return absl::OkStatus();
  return InvalidArgument(
      "a series of {} windows of {} begins {} ago; one begins {}d ago at most: "
      "ask for fewer or shorter ones",
      series.count, window, WindowText(series.reach_micros()), kLongestDays);
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
                         const WindowSeries& windows) {
  const int64_t window_micros = windows.window_micros;
  if (windows.count != 1) RETURN_IF_ERROR(CheckSeries(windows));
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
  if (aggregation.mode == WindowMode::kExact &&
      windows.reach_micros() > kDayMicros && !aggregation.force_exact) {
    return InvalidArgument(
        "an exact {} of {} keeps every event for so long; of more than 1d "
        "it is 'window_mode: sawtooth', or says 'force_exact: true'",
        windows.count > 1 ? "series" : "window",
        WindowText(windows.reach_micros()));
  }
  return absl::OkStatus();
}

std::vector<WindowSeries> WindowsOf(const Aggregation& aggregation) {
  std::vector<WindowSeries> windows;
  for (const int64_t micros : aggregation.windows_micros) {
    windows.push_back({.window_micros = micros});
  }
  if (aggregation.series) windows.push_back(*aggregation.series);
  return windows;
}

std::string WindowFeatureName(const Aggregation& aggregation,
                              const FunctionCall& call,
                              const WindowSeries& windows) {
  return NameWith(aggregation, NameOf(call), windows);
}

std::string WindowKeysName(const Aggregation& aggregation,
                           const WindowSeries& windows) {
  return NameWith(aggregation, "keys", windows);
}

std::vector<std::string> WindowFeatureNames(const WindowedView& view) {
  std::vector<std::string> names;
  for (const Aggregation& aggregation : view.aggregations) {
    for (const FunctionCall& call : aggregation.functions) {
      for (const WindowSeries& windows : WindowsOf(aggregation)) {
        names.push_back(WindowFeatureName(aggregation, call, windows));
      }
    }
    if (aggregation.by.empty()) continue;
    for (const WindowSeries& windows : WindowsOf(aggregation)) {
      names.push_back(WindowKeysName(aggregation, windows));
    }
  }
  return names;
}

}  // namespace freshet
