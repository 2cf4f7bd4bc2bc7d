// SPDX-License-Identifier: Apache-2.0
// What is not the log that was read, or lacks a part of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/feed/feed_kit.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

class FeedGapTest : public testing::Test {
 protected:
  void SetUp() override { cluster_.CreateTopic("payments", 1); }

  // Reads from another cluster from the next opening on.
  void Replace(MockCluster& other) {
    kit_.Close();
    KafkaOf(kit_).cluster = other.Settings();
  }
  bool UntilStopped() {
    return Until([&] { return absl::IsDataLoss(kit_.State().health); });
  }

  MockCluster cluster_;
  FeedKit kit_{cluster_};
};

TEST_F(FeedGapTest, Rule21ATopicThatWasMadeAnewStopsIt) {
  AppendPayments(cluster_, "payments", 0, 3);
  kit_.Open();
  ASSERT_TRUE(UntilCount(kit_, 3));
  MockCluster anew;
  anew.CreateTopic("payments", 1);
  for (int i = 0; i < 5; ++i) {
    const std::string payment = Payment("ann", 100);
    anew.Append("payments", 0, {.value = payment});
  }
  Replace(anew);

  kit_.Open();

  ASSERT_TRUE(UntilStopped());
  const SourceState state = kit_.State();
  EXPECT_THAT(std::string(state.health.message()), HasSubstr("STREAM_GAP"));
  EXPECT_TRUE(state.partitions[0].at.stopped);
  EXPECT_THAT(state.partitions[0].trouble, HasSubstr("offset 3 is wanted"));
  EXPECT_EQ(kit_.Count(), 3);
  // Also after a restart.
  kit_.Crash();
  kit_.Open();
  ASSERT_TRUE(UntilStopped());
  EXPECT_EQ(kit_.Count(), 3);
}

TEST_F(FeedGapTest, Rule22DeadLettersOfATopicThatWasMadeAnewAreWritten) {
  AppendPayments(cluster_, "payments", 0, 2);
  cluster_.Append("payments", 0, {.value = "poison"});
  kit_.Open();
  ASSERT_TRUE(Until([&] { return kit_.DeadLetters().size() == 1; }));
  ASSERT_TRUE(UntilCount(kit_, 2));
  MockCluster anew;
  anew.CreateTopic("payments", 1);
  AppendPayments(anew, "payments", 0, 1);
  Replace(anew);
  kit_.Open();
  ASSERT_TRUE(UntilStopped());
  ASSERT_TRUE(kit_.feeds()
                  .SetForward("payments", {.start = KafkaStart::Earliest()})
                  .ok());
  ASSERT_TRUE(Until([&] { return kit_.State().records == 1; }));
  kit_.Crash();

  kit_.Open();
  AppendPayments(anew, "payments", 0, 1);
  // Where the one before stood.
  anew.Append("payments", 0, {.value = "poison"});

  ASSERT_TRUE(Until([&] { return kit_.DeadLetters().size() == 3; }));
  const std::vector<std::string> lines = kit_.DeadLetters();
  EXPECT_THAT(lines[1], HasSubstr("begins_anew"));
  EXPECT_THAT(lines[2], HasSubstr("\"offset\":2,\"reason\":\"malformed\""));
}

TEST_F(FeedGapTest, Rule22AnOperatorSetsItForwardAndWindowsSayWhatIsLost) {
  AppendPayments(cluster_, "payments", 0, 3);
  kit_.Open();
  ASSERT_TRUE(UntilCount(kit_, 3));
  kit_.Close();
  const int large = cluster_.Overflow("payments", 0);
  AppendPayments(cluster_, "payments", 0, 2);
  kit_.Open();
  ASSERT_TRUE(UntilStopped());
  kit_.clock.Set(kFeedNow + kFeedMinute);
  const int64_t lost_before = kFeedNow + 6 * kFeedMinute + 1'000'000;
  const auto coverage = kit_.views().served()->windows[0].coverage;

  const Seeks::Seek past = {.start = KafkaStart::Earliest()};
  const auto forward = kit_.feeds().SetForward("payments", past);

  ASSERT_TRUE(forward.ok()) << forward.status();
  EXPECT_THAT(*forward, ElementsAre(Pair("payments", 0)));
  ASSERT_TRUE(UntilCount(kit_, 5));
  EXPECT_EQ(coverage->whole_from_micros(), lost_before);
  ASSERT_TRUE(Until([&] { return kit_.State().health.ok(); }));
  EXPECT_LT(kit_.State().records, large + 2);  // What was left of them.
  EXPECT_TRUE(absl::IsFailedPrecondition(
      kit_.feeds().SetForward("payments", past).status()));
  kit_.Crash();
  AppendPayments(cluster_, "payments", 0, 1);
  kit_.Open();
  ASSERT_TRUE(UntilCount(kit_, 6));
  EXPECT_EQ(kit_.views().served()->windows[0].coverage->whole_from_micros(),
            lost_before);
}

TEST_F(FeedGapTest, APartitionThatAppearedIsReadWhole) {
  AppendPayments(cluster_, "payments", 0, 3);
  KafkaOf(kit_).start = TopicStart::kLatest;
  kit_.Open();
  ASSERT_TRUE(Until([&] {
    return kit_.views().progress().Positions("payments").size() == 1;
  }));
  // The same log, with one partition more.
  MockCluster grown;
  grown.CreateTopic("payments", 2);
  AppendPayments(grown, "payments", 0, 3);
  AppendPayments(grown, "payments", 1, 4);
  Replace(grown);

  kit_.Open();

  ASSERT_TRUE(UntilCount(kit_, 4));
  EXPECT_TRUE(Until([&] { return kit_.State().health.ok(); }));
}

}  // namespace
}  // namespace freshet
