// SPDX-License-Identifier: Apache-2.0
#include "ingest/feed/kafka_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "base/failpoint.h"
#include "tests/feed/feed_kit.h"

namespace freshet {
namespace {

using testing::SizeIs;
using Reason = DeadLetterReason;

class KafkaFeedTest : public testing::Test {
 protected:
  void SetUp() override { cluster_.CreateTopic("payments", 2); }
  void TearDown() override { ASSERT_TRUE(ArmFailpoints("").ok()); }

  void AppendValue(std::optional<std::string_view> value) {
    cluster_.Append("payments", 0, {.value = value});
  }
  // One of each kind that is no event.
  void AppendPoison() {
    AppendValue("{\"user\": ");
    AppendValue(R"({"user": 7, "cents": 1})");
    AppendValue(std::nullopt);
    AppendValue(R"({"user": "ann", "cents": 1})");
    AppendValue(R"({"user": "ann", "at": "2033-01-01T00:00:00Z"})");
  }
  int64_t DeadLetters(Reason reason) const {
    return kit_.State().dead_letters[static_cast<size_t>(reason)];
  }

  MockCluster cluster_;
  FeedKit kit_{cluster_};
};

TEST_F(KafkaFeedTest, FromTheBeginningEventsComeIntoWindows) {
  AppendPayments(cluster_, "payments", 0, 3);
  AppendPayments(cluster_, "payments", 1, 2);

  kit_.Open();

  ASSERT_TRUE(UntilCount(kit_, 5));
  ASSERT_TRUE(Until([&] {
    const SourceState state = kit_.State();
    return state.records == 5 && state.partitions.size() == 2 &&
           state.partitions[0].at.lag == 0;
  }));
  const SourceState state = kit_.State();
  EXPECT_EQ(state.source, "payments");
  EXPECT_EQ(state.events, 5);
  EXPECT_EQ(state.newest_event_micros, kFeedNow - kFeedMinute);
  EXPECT_TRUE(state.health.ok()) << state.health;
  EXPECT_EQ(state.partitions[0].at.position, 3);
  EXPECT_EQ(state.partitions[1].at.position, 2);
  EXPECT_TRUE(state.behind_micros.has_value());
  // The events are a minute old; their records are of the real time, which is
  // later than this clock's.
  const Feeds::Delays delays = kit_.feeds().delays().at("payments");
  EXPECT_EQ(delays.happened.counts[11], 5U);
  EXPECT_EQ(delays.produced.counts[0], 5U);
}

TEST_F(KafkaFeedTest, Rule21ARestartLosesNothingAndReadsNothingTwice) {
  AppendPayments(cluster_, "payments", 0, 3);
  kit_.Open();
  ASSERT_TRUE(UntilCount(kit_, 3));
  kit_.Close();
  AppendPayments(cluster_, "payments", 0, 2);
  AppendPayments(cluster_, "payments", 1, 1);

  kit_.Open();
  ASSERT_TRUE(UntilCount(kit_, 6));
  kit_.Crash();
  AppendPayments(cluster_, "payments", 1, 4);
  kit_.Open();

  ASSERT_TRUE(UntilCount(kit_, 10));
  ASSERT_TRUE(Until([&] { return kit_.State().records == 4; }));
  EXPECT_EQ(kit_.Count(), 10);
}

TEST_F(KafkaFeedTest, Rule21ACrashInTheMiddleLosesNothingAndDoublesNothing) {
  constexpr int kRecords = 1'000;
  AppendPayments(cluster_, "payments", 0, kRecords);
  kit_.Open();
  // Wherever it happens to be.
  ASSERT_TRUE(Until([&] { return kit_.Count() > 0; }));
  kit_.Crash();

  kit_.Open();

  ASSERT_TRUE(UntilCount(kit_, kRecords));
  ASSERT_TRUE(Until([&] {
    const SourceState state = kit_.State();
    return state.partitions.size() == 2 && state.partitions[0].at.lag == 0;
  }));
  EXPECT_EQ(kit_.Count(), kRecords);
}

TEST_F(KafkaFeedTest, WhatIsMoreThanABatchIsReadInSeveral) {
  constexpr int kRecords = 300;
  const std::string user(60'000, 'x');
  AppendPayments(cluster_, "payments", 0, 1);
  for (int i = 0; i < 60; ++i) AppendValue(Payment(user, 1));
  AppendPayments(cluster_, "payments", 1, kRecords);

  kit_.Open();

  ASSERT_TRUE(UntilCount(kit_, 1 + kRecords));
  ASSERT_TRUE(Until([&] { return kit_.State().records == 61 + kRecords; }));
}

TEST_F(KafkaFeedTest, WhatIsNoEventIsCountedAndPassedOver) {
  AppendPoison();
  AppendPayments(cluster_, "payments", 0, 1);

  kit_.Open();

  ASSERT_TRUE(UntilCount(kit_, 1));
  ASSERT_TRUE(Until([&] { return kit_.State().records == 6; }));
  for (const Reason reason :
       {Reason::kMalformed, Reason::kWrongType, Reason::kTombstone,
        Reason::kNoTime, Reason::kFuture}) {
    EXPECT_EQ(DeadLetters(reason), 1) << DeadLetterReasonName(reason);
  }
  const std::vector<std::string> lines = kit_.DeadLetters();
  ASSERT_THAT(lines, SizeIs(5));
  for (size_t i = 0; i < lines.size(); ++i) {
    const auto line = nlohmann::json::parse(lines[i]);
    EXPECT_EQ(line["topic"], "payments");
    EXPECT_EQ(line["offset"], i);
  }
  EXPECT_EQ(nlohmann::json::parse(lines[2])["reason"], "tombstone");
}

TEST_F(KafkaFeedTest, Rule22ADeadLetterIsThereOnceWhereverItEnds) {
  AppendPoison();
  ASSERT_TRUE(ArmFailpoints("feed.before_submit=1*error").ok());
  kit_.Open();
  // Written, and ended before the log had it.
  ASSERT_TRUE(Until([&] { return !kit_.State().health.ok(); }));
  ASSERT_THAT(kit_.DeadLetters(), SizeIs(5));

  // It begins again by itself.
  ASSERT_TRUE(Until([&] { return kit_.State().records == 5; }));
  EXPECT_THAT(kit_.DeadLetters(), SizeIs(5));
  EXPECT_EQ(DeadLetters(Reason::kMalformed), 1);
  kit_.Crash();
  AppendPayments(cluster_, "payments", 0, 1);
  kit_.Open();
  ASSERT_TRUE(UntilCount(kit_, 1));
  EXPECT_THAT(kit_.DeadLetters(), SizeIs(5));
}

TEST_F(KafkaFeedTest, WhatCannotBeWrittenIsSaidAndWrittenLater) {
  AppendPoison();
  AppendPayments(cluster_, "payments", 0, 1);
  ASSERT_TRUE(ArmFailpoints("dead_letters.before_write=error").ok());
  kit_.Open();
  ASSERT_TRUE(Until([&] { return !kit_.State().health.ok(); }));
  EXPECT_EQ(kit_.Count(), 0);

  ASSERT_TRUE(ArmFailpoints("").ok());

  ASSERT_TRUE(UntilCount(kit_, 1));
  EXPECT_TRUE(Until([&] { return kit_.State().health.ok(); }));
  EXPECT_THAT(kit_.DeadLetters(), SizeIs(5));
}

TEST_F(KafkaFeedTest, LatestIsWhereItBeganAlsoAfterARestart) {
  AppendPayments(cluster_, "payments", 0, 2);
  KafkaOf(kit_).start = TopicStart::kLatest;
  kit_.Open();
  ASSERT_TRUE(Until([&] {
    return kit_.views().progress().Positions("payments").size() == 2;
  }));
  kit_.Close();
  AppendPayments(cluster_, "payments", 0, 3);
  AppendPayments(cluster_, "payments", 1, 4);

  kit_.Open();

  ASSERT_TRUE(UntilCount(kit_, 7));
}

TEST_F(KafkaFeedTest, Rule20TwoOnOneTopicEachEndWhole) {
  FeedKit other(cluster_);
  kit_.Open();
  AppendPayments(cluster_, "payments", 0, 3);
  other.Open();
  AppendPayments(cluster_, "payments", 1, 3);

  EXPECT_TRUE(UntilCount(kit_, 6));
  EXPECT_TRUE(UntilCount(other, 6));
}

TEST_F(KafkaFeedTest, WhatKeptAPartitionFromBeingReadIsOverWhenItIsRead) {
  AppendPayments(cluster_, "payments", 0, 1);
  rd_kafka_mock_topic_set_error(cluster_.mock(), "payments",
                                RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  kit_.Open();
  ASSERT_TRUE(Until([&] { return absl::IsUnavailable(kit_.State().health); }));

  rd_kafka_mock_topic_set_error(cluster_.mock(), "payments",
                                RD_KAFKA_RESP_ERR_NO_ERROR);
  ASSERT_TRUE(UntilCount(kit_, 1));
  EXPECT_TRUE(Until([&] { return kit_.State().health.ok(); }));
  // Of the topic alone, while its partitions are read.
  rd_kafka_mock_topic_set_error(cluster_.mock(), "payments",
                                RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  AppendPayments(cluster_, "payments", 0, 1);
  ASSERT_TRUE(UntilCount(kit_, 2));
  rd_kafka_mock_topic_set_error(cluster_.mock(), "payments",
                                RD_KAFKA_RESP_ERR_NO_ERROR);
  AppendPayments(cluster_, "payments", 0, 1);
  ASSERT_TRUE(UntilCount(kit_, 3));
  EXPECT_TRUE(Until([&] { return kit_.State().health.ok(); }));
}

TEST_F(KafkaFeedTest, WithoutABrokerItSaysSoAndEndsSoon) {
  KafkaOf(kit_).cluster.brokers = {"127.0.0.1:1"};
  kit_.Open();
  ASSERT_TRUE(Until([&] { return absl::IsUnavailable(kit_.State().health); }));
  const auto before = std::chrono::steady_clock::now();

  kit_.Close();

  EXPECT_LT(std::chrono::steady_clock::now() - before,
            std::chrono::seconds(15));
}

}  // namespace
}  // namespace freshet
