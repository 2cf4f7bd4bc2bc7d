// SPDX-License-Identifier: Apache-2.0
#include "ingest/change_log/seen_ids.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>

namespace freshet {
namespace {

TEST(SeenIdsTest, IsAsAMapOfWhenEachCameLast) {
  constexpr int64_t kHorizon = 1'000;
  std::mt19937_64 random(20'130'310);
  SeenIds seen(kHorizon);
  std::map<std::string, int64_t> last;
  int64_t now = 0;
  int again = 0;
  for (int i = 0; i < 100'000; ++i) {
    now += static_cast<int64_t>(random() % 3);
    const std::string id = fmt::format("{}", random() % 2'000);
    const auto known = last.find(id);
    const bool expected =
        known != last.end() && known->second >= now - kHorizon;
    last[id] = now;

    ASSERT_EQ(seen.Add(id, now), expected) << i;
    again += expected ? 1 : 0;
  }
  EXPECT_GT(again, 10'000);
}

TEST(SeenIdsTest, WhatIsOldIsForgotten) {
  SeenIds seen(100);
  for (int64_t i = 0; i < 10'000; ++i) {
    ASSERT_FALSE(seen.Add(fmt::format("{}", i), i));
    ASSERT_LE(seen.size(), 101U);
  }
  EXPECT_TRUE(seen.Add("9999", 10'000));
  EXPECT_FALSE(seen.Add("9800", 10'000));
}

// Where time that is counted leaves out that in which nothing was read.
TEST(SeenIdsTest, Rule19AnIdIsKnownForADayOrTheHorizonOfAllTime) {
  constexpr int64_t kDay = 86'400'000'000;
  for (const int64_t horizon : {int64_t{1'000}, 2 * kDay}) {
    SeenIds seen(horizon);
    const int64_t known = std::max(horizon, kDay);
    EXPECT_FALSE(seen.Add("id", 0, 0));
    EXPECT_TRUE(seen.Add("id", 1, known));
    EXPECT_FALSE(seen.Add("id", 2, 2 * known + 1));
    EXPECT_TRUE(seen.Add("id", 3, 2 * known + 2));
  }
}

}  // namespace
}  // namespace freshet
