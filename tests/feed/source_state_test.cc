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

TEST(BehindAtLeastMicrosTest, WhatIsNotKnownIsBehindSinceItIsToBeRead) {
  SourceState state;
  state.began_micros = kNow - 5 * kSecond;
  EXPECT_EQ(BehindAtLeastMicros(state, kNow), 5 * kSecond);
  state.partitions = {WholeUntil(kNow - 2 * kSecond)};
  EXPECT_EQ(BehindAtLeastMicros(state, kNow), 2 * kSecond);
  state.partitions.push_back(WholeUntil({}));
  state.partitions.back().seen_micros = kNow - 3 * kSecond;
  EXPECT_EQ(BehindAtLeastMicros(state, kNow), 3 * kSecond);
}

TEST(PushHealthTest, NothingIsTakenBeforeItIsKnownThatTheTopicIsRead) {
  SourceState state;
  EXPECT_EQ(PushHealthOf(state, 4'000), NotKnownToBeRead());
  state.behind_micros = 4 * kSecond;
  EXPECT_TRUE(PushHealthOf(state, 4'000).ok());
  state.behind_micros = 5 * kSecond;
  EXPECT_TRUE(absl::IsUnavailable(PushHealthOf(state, 4'000)));
}

}  // namespace
}  // namespace freshet
