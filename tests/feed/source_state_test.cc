// SPDX-License-Identifier: Apache-2.0
#include "ingest/feed/source_state.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

constexpr int64_t kNow = 1'000'000'000;
constexpr int64_t kSecond = 1'000'000;

SourcePartition WholeUntil(std::optional<int64_t> micros) {
  SourcePartition partition;
  partition.whole_until_micros = micros;
  return partition;
}

TEST(BehindMicrosTest, TheFurthestPartitionCounts) {
  EXPECT_EQ(BehindMicros({WholeUntil(kNow), WholeUntil(kNow - 9 * kSecond),
                          WholeUntil(kNow - 4 * kSecond)},
                         kNow),
            9 * kSecond);
  EXPECT_EQ(BehindMicros({WholeUntil(kNow + kSecond)}, kNow), 0);
}

TEST(BehindMicrosTest, WhatIsNotKnownOfAllIsNotKnown) {
  EXPECT_EQ(BehindMicros({}, kNow), std::nullopt);
  EXPECT_EQ(BehindMicros({WholeUntil(kNow), WholeUntil({})}, kNow),
            std::nullopt);
}

}  // namespace
}  // namespace freshet
