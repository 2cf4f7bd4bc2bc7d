// SPDX-License-Identifier: Apache-2.0
#include "features/windows/history_span.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kHour = 3'600 * kSecond;
constexpr int64_t kDay = 24 * kHour;

WindowPlan PlanOf(const std::vector<Window>& windows) {
  return WindowPlan(TileShape({{.kind = PartialKind::kCount}}), windows, {});
}

TEST(HistorySpanTest, Rule29ItEndsWithTheLongestTilesThatAWindowBeginsWith) {
  // Of 7 days the tiles are those of an hour and a day.
  const WindowPlan week =
      PlanOf({{.length_micros = kHour}, {.length_micros = 7 * kDay}});
  const HistorySpan files{.from_micros = 100 * kDay + 1,
                          .end_micros = 200 * kDay + 23 * kHour};
  EXPECT_EQ(CutoverStepMicros(week), kDay);
  EXPECT_EQ(SpanOfTiles(week, files), (HistorySpan{101 * kDay, 200 * kDay}));

  // 32 days are no window's beginning.
  const WindowPlan ever = PlanOf({{.since_micros = 90 * kDay}});
  EXPECT_EQ(ever.levels().back(), TileLevel::k32Days);
  EXPECT_EQ(CutoverStepMicros(ever), kDay);

  const WindowPlan exact =
      PlanOf({{.length_micros = 10 * kSecond, .exact = true}});
  EXPECT_EQ(CutoverStepMicros(exact), kSecond);
  EXPECT_EQ(SpanOfTiles(exact, files),
            (HistorySpan{100 * kDay + kSecond, 200 * kDay + 23 * kHour}));
}

TEST(HistorySpanTest, WithoutAWholeTileItIsEmpty) {
  const WindowPlan week = PlanOf({{.length_micros = 7 * kDay}});
  const HistorySpan span = SpanOfTiles(
      week, {.from_micros = 100 * kDay + 1, .end_micros = 101 * kDay - 1});
  EXPECT_EQ(span.from_micros, span.end_micros);
}

TEST(HistorySpanTest, Rule27ItIsWholeTogetherWithWhatFollowsWithoutAHole) {
  const HistorySpan history{.from_micros = 10, .end_micros = 20};
  // Of live tiles alone.
  EXPECT_TRUE(IsWhole(15, 15, nullptr));
  EXPECT_FALSE(IsWhole(14, 15, nullptr));
  // The live tiles go on where the history ends.
  EXPECT_TRUE(IsWhole(10, 20, &history));
  EXPECT_FALSE(IsWhole(9, 20, &history));
  // There is a hole.
  EXPECT_FALSE(IsWhole(10, 21, &history));
  EXPECT_TRUE(IsWhole(21, 21, &history));
  // The live tiles know more than the history.
  EXPECT_TRUE(IsWhole(5, 5, &history));
}

}  // namespace
}  // namespace freshet
