// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <chrono>

#include "gtest/gtest.h"

namespace freshet {
namespace {

int64_t WallMicros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

TEST(ClockTest, SystemClockReadsMicrosecondsSince1970) {
  const int64_t before = WallMicros();
  const int64_t now = SystemClock().NowMicros();
  const int64_t after = WallMicros();

  EXPECT_LE(before, now);
  EXPECT_LE(now, after);
}

TEST(ClockTest, ManualClockStandsUntilMoved) {
  ManualClock clock(1'000);
  EXPECT_EQ(clock.NowMicros(), 1'000);
  EXPECT_EQ(clock.NowMicros(), 1'000);

  clock.Advance(5);
  EXPECT_EQ(clock.NowMicros(), 1'005);

  clock.Set(-7);
  EXPECT_EQ(clock.NowMicros(), -7);
}

TEST(ClockTest, SimulatedClockStartsWhereItIsTold) {
  const int64_t end_of_2013 = 1'388'534'400'000'000;
  const auto start = std::chrono::steady_clock::now();
  SimulatedClock clock(end_of_2013);
  const int64_t now = clock.NowMicros();
  const auto elapsed = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - start);

  EXPECT_GE(now, end_of_2013);
  EXPECT_LE(now, end_of_2013 + elapsed.count() + 1);
}

TEST(ClockTest, SimulatedClockRunsForward) {
  SimulatedClock clock(0);
  const int64_t first = clock.NowMicros();
  // Ends by itself: the monotonic clock moves whatever we do.
  while (clock.NowMicros() == first) {
  }
  EXPECT_GT(clock.NowMicros(), first);
}

TEST(ClockTest, SimulatedClockCanBeSetBack) {
  SimulatedClock clock(1'000'000'000'000);
  clock.Set(0);
  EXPECT_LT(clock.NowMicros(), 1'000'000'000'000);
}

TEST(ClockTest, SimulatedClockStandsWhereItIsHeld) {
  SimulatedClock clock(0);
  clock.Hold(7'000);
  const auto start = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() == start) {
  }
  EXPECT_EQ(clock.NowMicros(), 7'000);

  clock.Set(9'000);
  while (clock.NowMicros() <= 9'000) {
  }
  EXPECT_GT(clock.NowMicros(), 9'000);
}

}  // namespace
}  // namespace freshet
