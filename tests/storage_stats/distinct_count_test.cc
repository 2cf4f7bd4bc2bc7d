// SPDX-License-Identifier: Apache-2.0
#include "storage/stats/distinct_count.h"

#include <gtest/gtest.h>

#include "base/hash.h"

namespace freshet {
namespace {

uint64_t HashOf(uint64_t value) {
  return Xxh3({reinterpret_cast<const char*>(&value), sizeof(value)});
}

double EstimateOf(uint64_t different, int times = 1) {
  DistinctCount count;
  for (int i = 0; i < times; ++i) {
    for (uint64_t value = 0; value < different; ++value) {
      count.Add(HashOf(value));
    }
  }
  return count.Estimate();
}

TEST(DistinctCountTest, NothingIsZero) { EXPECT_EQ(EstimateOf(0), 0); }

TEST(DistinctCountTest, FewAreCountedNearlyExactly) {
  for (const uint64_t different : {1u, 2u, 10u, 100u}) {
    EXPECT_NEAR(EstimateOf(different), static_cast<double>(different),
                0.02 * static_cast<double>(different) + 0.01);
  }
}

// Hashes do not change: neither do the estimates.
TEST(DistinctCountTest, ManyAreEstimatedWithinThreeStandardErrors) {
  for (const uint64_t different :
       {1'000u, 5'000u, 20'000u, 100'000u, 3'000'000u}) {
    EXPECT_NEAR(EstimateOf(different) / static_cast<double>(different), 1,
                3 * 0.0163)
        << different;
  }
}

TEST(DistinctCountTest, WhatComesAgainChangesNothing) {
  EXPECT_EQ(EstimateOf(5'000, 3), EstimateOf(5'000));
}

TEST(DistinctCountTest, AHashOfZerosIsOneValue) {
  DistinctCount count;
  count.Add(0);
  EXPECT_GT(count.Estimate(), 0);
}

}  // namespace
}  // namespace freshet
