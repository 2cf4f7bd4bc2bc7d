// SPDX-License-Identifier: Apache-2.0
#include "features/windows/window_cost.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <vector>

#include "features/windows/window_reader.h"

namespace freshet {
namespace {

using enum AggregateFunction;

constexpr int64_t kMinute = 60'000'000;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;

// Counts over windows of these lengths, and sums of doubles if there are to be;
// those of `exact` are exact.
WindowPlan PlanOf(const std::vector<int64_t>& windows_micros, bool sums,
                  const std::vector<int64_t>& exact = {}) {
  std::vector<PartialSpec> partials = {{.kind = PartialKind::kCount}};
  if (sums) {
    partials.push_back(
        {.kind = PartialKind::kDoubleSum, .value = Kind::kDouble});
  }
  std::vector<Window> windows;
  std::vector<WindowPlan::Output> outputs;
  for (const int64_t length : windows_micros) {
    windows.push_back({.length_micros = length});
  }
  for (const int64_t length : exact) {
    windows.push_back({.length_micros = length, .exact = true});
  }
  for (size_t window = 0; window < windows.size(); ++window) {
    for (size_t partial = 0; partial < partials.size(); ++partial) {
      outputs.push_back(
          {.window = window,
           .partial = partial,
           .call = {.function = partial == 0 ? kCount : kSum},
           .column = {.kind = partial == 0 ? Kind::kInt64 : Kind::kDouble}});
    }
  }
  return WindowPlan(TileShape(partials), windows, outputs);
}

TEST(WindowCostTest, NoMomentReadsMore) {
  std::mt19937_64 random(20'131'231);
  const std::vector<std::vector<int64_t>> kinds = {
      {10 * kMinute},
      {kHour, 7 * kDay},
      {10 * kMinute, kHour, 5 * kHour, kDay, 7 * kDay, 30 * kDay, 90 * kDay},
      {730 * kDay},
      {0, 30 * kDay}};
  const std::vector<std::vector<int64_t>> exact_kinds = {
      {}, {kMinute / 6}, {kMinute / 6, 10 * kMinute, kHour, kDay}};
  for (size_t kind = 0; kind < kinds.size() * exact_kinds.size(); ++kind) {
    const WindowPlan plan = PlanOf(kinds[kind / exact_kinds.size()], true,
                                   exact_kinds[kind % exact_kinds.size()]);
    const WindowCost cost = CostOf(plan);
    std::vector<size_t> outputs(plan.outputs().size());
    std::iota(outputs.begin(), outputs.end(), 0);
    WindowReader reader(plan);
    size_t most = 0;
    for (int i = 0; i < 5'000; ++i) {
      const auto now = static_cast<int64_t>(random() % (366 * kDay));
      reader.Prepare(outputs, now);
      most = std::max(most, reader.blocks().size());
    }
    EXPECT_GE(cost.reads_max, most);
    EXPECT_LE(cost.reads_max, most + 1) << "and one does read so many";
  }
}

TEST(WindowCostTest, ExactWindowsKeepEachEvent) {
  const WindowCost none = CostOf(PlanOf({kHour}, false));
  EXPECT_EQ(none.event_bytes, 0);
  EXPECT_EQ(none.events_micros, 0);

  const WindowCost counts = CostOf(PlanOf({kHour}, false, {kMinute / 6}));
  EXPECT_EQ(counts.events_micros, kMinute / 6);
  // Key, format, shape, time, and a tile of a bit and a count.
  EXPECT_GE(counts.event_bytes, 5 + 1 + 5 + 1 + 3);
  EXPECT_LE(counts.event_bytes, 5 + 1 + 5 + 4 + 3);
  EXPECT_LT(counts.bytes_max - none.bytes_max, 30 * 20) << "but for moments";

  const WindowCost sums = CostOf(PlanOf({30 * kDay}, true, {kHour, kDay}));
  EXPECT_EQ(sums.events_micros, kDay) << "of the exact ones";
  EXPECT_GT(sums.event_bytes, counts.event_bytes + 8);
}

TEST(WindowCostTest, MoreIsKeptOfMore) {
  const auto bytes = [](const std::vector<int64_t>& windows, bool sums) {
    return CostOf(PlanOf(windows, sums)).bytes_max;
  };
  EXPECT_GT(bytes({kHour}, true), bytes({kHour}, false) + 60 * 8);
  // The same minutes, and hours besides.
  EXPECT_EQ(bytes({kHour, 2 * kHour}, false), bytes({2 * kHour}, false));
  EXPECT_GT(bytes({kHour, 7 * kDay}, false), bytes({kHour}, false));
  // At least a number and a count for each of 61 minutes.
  // A series keeps what a window of its length keeps in such tiles.
  const auto series = [](uint32_t count) {
    return CostOf(WindowPlan(TileShape({{.kind = PartialKind::kCount}}),
                             {{.length_micros = kHour, .count = count}},
                             {{.call = {.function = kCount}, .column = {}}}));
  };
  EXPECT_EQ(series(2).bytes_max, bytes({2 * kHour}, false));
  EXPECT_EQ(series(2).reads_max, 3U) << "of an hour of minutes each";
  EXPECT_EQ(series(24).reads_max, 25U);
  EXPECT_GE(bytes({kHour}, false), 2 * 60);
  EXPECT_LE(bytes({kHour}, false), 8 * 64);
}

}  // namespace
}  // namespace freshet
