// SPDX-License-Identifier: Apache-2.0
#include "features/windows/window_cover.h"

#include <gtest/gtest.h>

#include <random>

namespace freshet {
namespace {

using enum TileLevel;

constexpr int64_t kMinute = 60'000'000;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;

TEST(WindowCoverTest, Rule26AHopIsAtMostASixtiethOfItsWindow) {
  EXPECT_EQ(HopOf(kMinute), k1Second);
  EXPECT_EQ(HopOf(10 * kMinute - 1), k1Second);
  EXPECT_EQ(HopOf(10 * kMinute), k10Seconds);
  EXPECT_EQ(HopOf(kHour), k1Minute);
  EXPECT_EQ(HopOf(7 * kDay), k1Hour);
  EXPECT_EQ(HopOf(30 * kDay), k1Hour);
  EXPECT_EQ(HopOf(60 * kDay), k1Day);
  EXPECT_EQ(HopOf(730 * kDay), k1Day);
}

TEST(WindowCoverTest, LevelsAreHopsAndWhatKeepsLongWindowsShort) {
  EXPECT_EQ(LevelsFor({kHour}), std::vector{k1Minute});
  EXPECT_EQ(LevelsFor({10 * kMinute, kHour, 7 * kDay}),
            (std::vector{k10Seconds, k1Minute, k1Hour, k1Day}));
  EXPECT_EQ(LevelsFor({730 * kDay}), (std::vector{k1Day, k32Days}));
}

TEST(WindowCoverTest, ExactWindowsEndInMomentsAndGoOnInLongerTiles) {
  constexpr int64_t kSecond = kMinute / 60;
  EXPECT_EQ(ExactLevelsFor(10 * kSecond), (std::vector{kMoment, k1Second}));
  EXPECT_EQ(ExactLevelsFor(2 * kMinute), (std::vector{kMoment, k1Second}));
  EXPECT_EQ(ExactLevelsFor(kHour), (std::vector{kMoment, k1Second, k1Minute}));
  EXPECT_EQ(ExactLevelsFor(kDay),
            (std::vector{kMoment, k1Second, k1Minute, k1Hour}));
  EXPECT_EQ(ExactLevelsFor(800 * kDay),
            (std::vector{kMoment, k1Second, k1Minute, k1Hour, k1Day, k32Days}));
  // 00:00:00.5 to 00:02:10: half a second, 59 seconds, a minute, ten seconds.
  EXPECT_EQ(
      CoverWindow({kMoment, k1Second, k1Minute}, kSecond / 2,
                  2 * kMinute + 10 * kSecond),
      (std::vector{TileRange{kMoment, kSecond / 2, kSecond},
                   TileRange{k1Second, 1, 60}, TileRange{k1Minute, 1, 3}}));
  EXPECT_EQ(CoverWindow({kMoment, k1Second}, 5 * kSecond, 7 * kSecond),
            (std::vector{TileRange{k1Second, 5, 7}}))
      << "no moments where it begins with a second";
}

TEST(WindowCoverTest, Rule26AnExactWindowBeginsToTheMicrosecond) {
  std::mt19937_64 random(20'130'310);
  for (int round = 0; round < 2'000; ++round) {
    const int64_t window =
        kMinute / 6 +
        static_cast<int64_t>(random() % (round % 2 == 0 ? kDay : 700 * kDay));
    const auto now =
        static_cast<int64_t>(random() % (40'000 * kDay)) - 20'000 * kDay;

    int64_t at = now - window;
    int64_t tiles = 0;
    for (const TileRange& range :
         CoverWindow(ExactLevelsFor(window), at, now)) {
      ASSERT_EQ(range.begin * TileMicros(range.level), at);
      ASSERT_LT(range.begin, range.end);
      at = range.end * TileMicros(range.level);
      ASSERT_LT(at - TileMicros(range.level), now);
      if (range.level != kMoment) {
        tiles += range.end - range.begin;
        continue;
      }
      // One row of the store.
      const int64_t block = TilesPerBlock(kMoment);
      ASSERT_EQ(FloorDivide(range.begin, block),
                FloorDivide(range.end - 1, block));
      ASSERT_LT(range.end - range.begin, TileMicros(k1Second));
    }
    EXPECT_GE(at, now);
    EXPECT_LE(tiles, 60 + 60 + 24 + 32 + 120) << window << " " << now;
  }
}

TEST(WindowCoverTest, EachMomentOfTheWindowIsInOneTile) {
  std::mt19937_64 random(20'130'310);
  for (int round = 0; round < 2'000; ++round) {
    const int64_t window =
        kMinute + static_cast<int64_t>(random() % (700 * kDay));
    const std::vector<TileLevel> levels = LevelsFor({window});
    const int64_t hop = TileMicros(HopOf(window));
    // Also before 1970.
    const int64_t now =
        static_cast<int64_t>(random() % (40'000 * kDay)) - 20'000 * kDay;
    const int64_t from = FloorDivide(now - window, hop) * hop;

    int64_t at = from;
    int64_t tiles = 0;
    for (const TileRange& range : CoverWindow(levels, from, now)) {
      ASSERT_EQ(range.begin * TileMicros(range.level), at);
      ASSERT_LT(range.begin, range.end);
      at = range.end * TileMicros(range.level);
      tiles += range.end - range.begin;
      // Only the last tile reaches beyond.
      ASSERT_LT(at - TileMicros(range.level), now);
    }
    EXPECT_GE(at, now);
    EXPECT_LE(tiles, 130) << window << " " << now;
  }
}

TEST(WindowCoverTest, WhatEndedBeforeIsCoveredToItsEnd) {
  std::mt19937_64 random(20'130'310);
  for (int round = 0; round < 4'000; ++round) {
    const bool exact = round % 2 == 0;
    const int64_t window =
        kMinute +
        static_cast<int64_t>(random() % (round % 3 == 0 ? kDay : kHour));
    const std::vector<TileLevel> levels =
        exact ? ExactLevelsFor(window) : LevelsFor({window});
    const int64_t hop = TileMicros(levels.front());
    const auto now =
        static_cast<int64_t>(random() % (40'000 * kDay)) - 20'000 * kDay;
    const int64_t from = FloorDivide(now - window, hop) * hop;
    const int64_t to = FloorDivide(now, hop) * hop;

    int64_t at = from;
    int64_t tiles = 0;
    for (const TileRange& range :
         CoverWindow(levels, from, to, CoverEnd::kExact)) {
      ASSERT_EQ(range.begin * TileMicros(range.level), at);
      ASSERT_LT(range.begin, range.end);
      at = range.end * TileMicros(range.level);
      if (range.level != kMoment) tiles += range.end - range.begin;
    }
    ASSERT_EQ(at, to) << window << " " << now;
    EXPECT_LE(tiles, 2 * (60 + 60) + 120) << window << " " << now;
  }
}

TEST(WindowCoverTest, AWindowOfNoTimeHasNoTiles) {
  EXPECT_TRUE(CoverWindow({k1Minute}, kHour, kHour).empty());
}

TEST(WindowCoverTest, TilesBeforeTheEpochAreRoundedDown) {
  EXPECT_EQ(TileAt(k1Minute, -1), -1);
  EXPECT_EQ(TileAt(k1Minute, -kMinute), -1);
  EXPECT_EQ(TileAt(k1Minute, -kMinute - 1), -2);
  EXPECT_EQ(CoverWindow({k1Minute}, -2 * kMinute, -1),
            (std::vector{TileRange{k1Minute, -2, 0}}));
}

TEST(WindowCoverTest, AnExactEndHasNoTileThatPassesIt) {
  const std::vector<TileLevel> levels = {k1Hour, k1Day};
  EXPECT_EQ(CoverWindow(levels, 0, 2 * kDay + 5 * kHour),
            (std::vector<TileRange>{{k1Day, 0, 3}}));
  EXPECT_EQ(CoverWindow(levels, 0, 2 * kDay + 5 * kHour, CoverEnd::kExact),
            (std::vector<TileRange>{{k1Day, 0, 2}, {k1Hour, 48, 53}}));
}

}  // namespace
}  // namespace freshet
