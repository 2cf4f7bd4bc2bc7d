// SPDX-License-Identifier: Apache-2.0
#include "loader/remote/rate_limit.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

using std::chrono::seconds;

constexpr RateLimit::Instant kNow{std::chrono::hours(1)};

TEST(RateLimitTest, WhatIsReservedPushesTheNextBack) {
  RateLimit limit(100);
  EXPECT_EQ(limit.Reserve(200, kNow), kNow);
  EXPECT_EQ(limit.Reserve(100, kNow), kNow + seconds(2));
  EXPECT_EQ(limit.Reserve(1, kNow + seconds(1)), kNow + seconds(3));
}

TEST(RateLimitTest, TimeThatWasNotUsedIsNotSaved) {
  RateLimit limit(100);
  EXPECT_EQ(limit.Reserve(100, kNow), kNow);
  EXPECT_EQ(limit.Reserve(100, kNow + seconds(60)), kNow + seconds(60));
  EXPECT_EQ(limit.Reserve(100, kNow + seconds(60)), kNow + seconds(61));
}

TEST(RateLimitTest, ZeroIsNoLimit) {
  RateLimit limit(0);
  EXPECT_EQ(limit.Reserve(int64_t{1} << 60, kNow), kNow);
  EXPECT_EQ(limit.Reserve(1, kNow), kNow);
}

}  // namespace
}  // namespace freshet
