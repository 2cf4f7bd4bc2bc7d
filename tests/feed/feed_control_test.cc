// SPDX-License-Identifier: Apache-2.0
// What an operator has a source do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tests/feed/feed_kit.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

class FeedControlTest : public testing::Test {
 protected:
  void SetUp() override { cluster_.CreateTopic("payments", 2); }

  bool UntilPaused(bool paused) {
    return Until([&] { return kit_.State().paused == paused; });
  }
  // Long enough for what is there to be read, if it were.
  static void LetItRead() {
    const auto end =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
    EXPECT_TRUE(Until([&] { return std::chrono::steady_clock::now() > end; }));
  }
  int64_t WholeFrom() {
    return kit_.views().served()->windows[0].coverage->whole_from_micros();
  }
  // Both partitions have begun, and are on disk so.
  bool UntilBegun() {
    return Until([&] {
      return kit_.views().progress().Positions("payments").size() == 2;
    });
  }

  MockCluster cluster_;
  FeedKit kit_{cluster_};
};

TEST_F(FeedControlTest, WhatIsPausedIsNotReadUntilItIsResumed) {
  AppendPayments(cluster_, "payments", 0, 3);
  kit_.Open();
  ASSERT_TRUE(UntilCount(kit_, 3));

  ASSERT_TRUE(kit_.feeds().SetPaused("payments", true).ok());
  ASSERT_TRUE(UntilPaused(true));
  AppendPayments(cluster_, "payments", 0, 2);
  LetItRead();
  EXPECT_EQ(kit_.Count(), 3);
  EXPECT_TRUE(kit_.State().health.ok()) << kit_.State().health;
  kit_.Crash();
  kit_.Open();
  ASSERT_TRUE(UntilPaused(true));
  LetItRead();
  EXPECT_EQ(kit_.Count(), 3);

  ASSERT_TRUE(kit_.feeds().SetPaused("payments", false).ok());
  ASSERT_TRUE(UntilCount(kit_, 5));
  EXPECT_TRUE(UntilPaused(false));
  kit_.Crash();
  AppendPayments(cluster_, "payments", 1, 1);
  kit_.Open();
  ASSERT_TRUE(UntilCount(kit_, 6));
  EXPECT_FALSE(kit_.State().paused);
}

TEST_F(FeedControlTest, AQuietTopicIsNotBehindAndAPausedOneIs) {
  AppendPayments(cluster_, "payments", 0, 1);
  kit_.Open();
  const auto behind = [&] { return kit_.State().behind_micros; };
  ASSERT_TRUE(Until([&] { return behind() && *behind() < kFeedMinute; }));
  kit_.clock.Set(kFeedNow + 30 * kFeedMinute);
  EXPECT_TRUE(Until([&] { return *behind() < kFeedMinute; }));

  ASSERT_TRUE(kit_.feeds().SetPaused("payments", true).ok());
  ASSERT_TRUE(UntilPaused(true));
  kit_.clock.Set(kFeedNow + 60 * kFeedMinute);
  LetItRead();
  EXPECT_GT(*behind(), 29 * kFeedMinute);
  ASSERT_TRUE(kit_.feeds().SetPaused("payments", false).ok());
  EXPECT_TRUE(Until([&] { return *behind() < kFeedMinute; }));
}

TEST_F(FeedControlTest, OneThatIsNotReadSinceTheStartIsMoreAndMoreBehind) {
  AppendPayments(cluster_, "payments", 0, 1);
  kit_.Open();
  ASSERT_TRUE(UntilCount(kit_, 1));
  ASSERT_TRUE(kit_.feeds().SetPaused("payments", true).ok());
  ASSERT_TRUE(UntilPaused(true));
  kit_.Crash();
  kit_.Open();
  ASSERT_TRUE(UntilPaused(true));
  const auto behind = [&] { return kit_.State().behind_at_least_micros; };

  kit_.clock.Set(kFeedNow + 30 * kFeedMinute);
  EXPECT_GE(behind(), 30 * kFeedMinute);
  EXPECT_EQ(kit_.State().behind_micros, std::nullopt);
  // So it is where nobody answers.
  rd_kafka_mock_broker_set_down(cluster_.mock(), -1);
  ASSERT_TRUE(kit_.feeds().SetPaused("payments", false).ok());
  ASSERT_TRUE(UntilPaused(false));
  kit_.clock.Set(kFeedNow + 60 * kFeedMinute);
  EXPECT_GE(behind(), 60 * kFeedMinute);

  rd_kafka_mock_broker_set_up(cluster_.mock(), -1);
  EXPECT_TRUE(Until([&] { return behind() < kFeedMinute; }));
}

TEST_F(FeedControlTest, ASourceIsPausedUntilItIsDefinedNoMore) {
  kit_.Open();
  ASSERT_TRUE(kit_.feeds().SetPaused("payments", true).ok());
  const Definitions before = kit_.definitions();
  kit_.definitions().stream_views.clear();
  kit_.Apply();
  kit_.definitions() = before;
  kit_.Apply();
  EXPECT_TRUE(UntilPaused(true));
  kit_.definitions().stream_views.clear();
  kit_.definitions().stream_sources.clear();
  kit_.Apply();
  kit_.definitions() = before;
  kit_.Apply();
  AppendPayments(cluster_, "payments", 0, 2);
  EXPECT_TRUE(UntilCount(kit_, 2));
}

TEST_F(FeedControlTest, Rule22WhatIsReadGoesForwardAndNeverBack) {
  AppendPayments(cluster_, "payments", 0, 3);
  kit_.Open();
  ASSERT_TRUE(UntilCount(kit_, 3));
  ASSERT_TRUE(UntilBegun());
  ASSERT_TRUE(kit_.feeds().SetPaused("payments", true).ok());
  ASSERT_TRUE(UntilPaused(true));
  AppendPayments(cluster_, "payments", 0, 40);
  AppendPayments(cluster_, "payments", 1, 2);

  kit_.clock.Set(kFeedNow + kFeedMinute);
  // Partition 1 is read as it would have been.
  const Seeks::Seek latest = {.partitions = {{"payments", 0}},
                              .start = KafkaStart::Latest()};
  const int64_t whole_before = WholeFrom();
  EXPECT_THAT(*kit_.feeds().SetForward("payments", latest),
              ElementsAre(Pair("payments", 0)));
  ASSERT_TRUE(kit_.feeds().SetPaused("payments", false).ok());
  ASSERT_TRUE(UntilCount(kit_, 5));
  ASSERT_TRUE(Until([&] {
    const auto at = kit_.views().progress().Positions("payments");
    return at[0].next == 43;
  }));
  AppendPayments(cluster_, "payments", 0, 1);
  ASSERT_TRUE(UntilCount(kit_, 6));
  const int64_t whole_after = WholeFrom();
  constexpr int64_t kSecond = 1'000'000;
  EXPECT_EQ(whole_after, whole_before + kFeedMinute + kSecond);

  kit_.clock.Set(kFeedNow + 2 * kFeedMinute);
  const Seeks::Seek back = {.start = KafkaStart::Offset(1)};
  EXPECT_THAT(*kit_.feeds().SetForward("payments", back),
              UnorderedElementsAre(Pair("payments", 0), Pair("payments", 1)));
  AppendPayments(cluster_, "payments", 0, 1);
  AppendPayments(cluster_, "payments", 1, 1);
  ASSERT_TRUE(UntilCount(kit_, 8));
  EXPECT_EQ(WholeFrom(), whole_after);  // Nothing was passed over.
  kit_.Crash();
  AppendPayments(cluster_, "payments", 0, 1);
  kit_.Open();
  ASSERT_TRUE(UntilCount(kit_, 9));
}

TEST_F(FeedControlTest, WhatIsNotReadIsNamed) {
  kit_.Open();
  ASSERT_TRUE(UntilBegun());
  ASSERT_TRUE(Until([&] { return kit_.State().partitions.size() == 2; }));
  const Seeks::Seek earliest = {.start = KafkaStart::Earliest()};
  const absl::Status none =
      kit_.feeds().SetForward("payments", earliest).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(none)) << none;
  EXPECT_THAT(std::string(none.message()),
              HasSubstr("no partition is stopped"));
  const Seeks::Seek unknown = {.partitions = {{"payments", 7}},
                               .start = KafkaStart::Latest()};
  EXPECT_EQ(kit_.feeds().SetForward("payments", unknown).status().message(),
            "source 'payments' does not read partition 7 of topic 'payments'");
  EXPECT_EQ(kit_.feeds().SetPaused("payment", true).message(),
            "no topics are read for a source 'payment'; nearest: 'payments'");
}

}  // namespace
}  // namespace freshet
