// SPDX-License-Identifier: Apache-2.0
// Windows that are made anew from topics, beside those that answer.
#include "ingest/replay/topic_replay.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/mutex.h"
#include "config/timestamp.h"
#include "features/key_codec.h"
#include "ingest/live/live_erasure.h"
#include "ingest/replay/replay_ids.h"
#include "tests/feed/feed_kit.h"

namespace freshet {
namespace {

using testing::Contains;
using testing::HasSubstr;

TEST(ReplayIds, Rule19KnowsAnEventForItsHorizonInBothDirections) {
  ReplayIds ids(100);
  EXPECT_FALSE(ids.Add("a", 1'000));
  EXPECT_TRUE(ids.Add("a", 1'100));
  EXPECT_FALSE(ids.Add("a", 1'201)) << "which it came last";
  EXPECT_TRUE(ids.Add("a", 1'101)) << "of a partition that is behind";
  EXPECT_FALSE(ids.Add("b", 1'101));
}

TEST(ReplayIds, ForgetsWhatNoneCanRepeatAnyMore) {
  ReplayIds ids(100);
  for (int i = 0; i < 1'000; ++i) ids.Add(std::to_string(i), i * 10);
  ids.Add("0", 9'990);
  ids.Forget(9'000);
  EXPECT_LT(ids.size(), 130U);
  EXPECT_GE(ids.size(), 111U);
  EXPECT_TRUE(ids.Add("0", 9'995));
  EXPECT_TRUE(ids.Add("890", 9'000));
}

class TopicReplayTest : public testing::Test {
 protected:
  static constexpr int64_t kWrittenMs = kFeedNow / 1'000 - 172'800'000;

  void SetUp() override { cluster_.CreateTopic("payments", 2); }

  // Payments from now on are read, and what was written is not.
  void OpenAtTheEnd() {
    KafkaOf(kit_).start = TopicStart::kLatest;
    kit_.Open();
    ASSERT_TRUE(Until([&] {
      return kit_.views().progress().Positions("payments").size() == 2;
    }));
  }
  // With `cents` as their id, where the source has one.
  void Append(int32_t partition, int64_t cents, int64_t at_ms,
              const std::string& user = "ann") {
    cluster_.Append("payments", partition,
                    {.value = Payment(user, cents), .timestamp_ms = at_ms});
  }

  absl::Status Begin(TopicReplay::Request request = {.view = "user_payments"}) {
    auto begun = TopicReplay::Begin(
        {.views = &kit_.views(),
         .clock = &kit_.clock,
         .say =
             [this](const std::string& sentence, bool) {
               MutexLock lock(mu_);
               said_.push_back(sentence);
             },
         .forgotten = [this]() -> absl::StatusOr<std::vector<ForgottenKey>> {
           return forgotten_;
         },
         .may_write = [this] { return disk_; },
         .changed = [] {},
         .ids_max = ids_max_},
        std::move(request));
    if (begun.ok()) replay_ = *std::move(begun);
    return begun.status();
  }
  // It serves, or was given up.
  void Serve() {
    ASSERT_TRUE(Until([&] {
      const auto state = kit_.views().upkeep().Build();
      EXPECT_TRUE(state.ok()) << state.status();
      if (*state == LiveViews::BuildState::kReady) kit_.Apply();
      return replay_->has_ended();
    }));
    kit_.Apply();
    EXPECT_EQ(kit_.views().served()->windows[0].records_left, nullptr);
  }
  std::vector<std::string> Said() {
    MutexLock lock(mu_);
    return said_;
  }
  int64_t WholeFrom() {
    return kit_.views().served()->windows[0].coverage->whole_from_micros();
  }

  MockCluster cluster_;
  FeedKit kit_{cluster_};
  std::vector<ForgottenKey> forgotten_;
  size_t ids_max_ = 1'000;
  absl::Status disk_;
  Mutex mu_;
  std::vector<std::string> said_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<TopicReplay> replay_;  // Ends first.
};

TEST_F(TopicReplayTest, Rule22WhatTheTopicsHaveIsMadeAnewBesideWhatServes) {
  AppendPayments(cluster_, "payments", 0, 3);
  AppendPayments(cluster_, "payments", 1, 2);
  OpenAtTheEnd();
  AppendPayments(cluster_, "payments", 0, 10);
  ASSERT_TRUE(UntilCount(kit_, 10));
  ASSERT_GT(WholeFrom(), kFeedNow);

  ASSERT_TRUE(Begin().ok());
  AppendPayments(cluster_, "payments", 1, 20);
  ASSERT_TRUE(UntilCount(kit_, 30)) << "what there was goes on";
  Serve();
  EXPECT_EQ(kit_.Count(), 35);
  EXPECT_EQ(WholeFrom(), 0) << "it was read from its first record on";

  AppendPayments(cluster_, "payments", 1, 1);
  ASSERT_TRUE(UntilCount(kit_, 36));
  replay_ = nullptr;
  kit_.Crash();
  kit_.Open();
  EXPECT_TRUE(UntilCount(kit_, 36));
  EXPECT_EQ(WholeFrom(), 0);
}

TEST_F(TopicReplayTest, Rule19RepetitionsAreFoundInAllPartitions) {
  kit_.definitions().stream_sources[0].id_field = "cents";
  Append(0, 1, kWrittenMs);
  Append(1, 1, kWrittenMs + 300'000);
  Append(0, 2, kWrittenMs);
  Append(0, 2, kWrittenMs + 3'600'000);
  OpenAtTheEnd();
  // Behind the topic's end, as one that follows in the log.
  Append(1, 3, kWrittenMs + 3'600'000);
  ASSERT_TRUE(UntilCount(kit_, 1));
  ASSERT_TRUE(Begin().ok());
  Append(0, 3, kWrittenMs + 3'600'001);
  Append(0, 4, kWrittenMs + 3'600'002);
  Serve();
  ASSERT_TRUE(UntilCount(kit_, 5)) << "1, 2 and 2 an hour later, 3, 4";
}

// However few ids are remembered, partition 0 waits for 1, and 1 for 0.
TEST_F(TopicReplayTest, PartitionsThatAreAheadWaitForOthers) {
  constexpr int kHours = 3;
  constexpr int kAnHour = 200;
  kit_.definitions().stream_sources[0].id_field = "cents";
  for (int i = 0; i < kHours * kAnHour; ++i) {
    const int64_t at_ms = kWrittenMs + i / kAnHour * 3'600'000;
    Append(0, i, at_ms);
    if (i % 2 == 0) Append(1, i, at_ms);
    if (i % 5 == 0) Append(1, 1'000'000 + i, at_ms);
  }
  OpenAtTheEnd();
  Append(0, 2'000'000, kWrittenMs + kHours * 3'600'000);
  ASSERT_TRUE(UntilCount(kit_, 1));
  ids_max_ = 100;
  ASSERT_TRUE(Begin().ok());
  Serve();
  EXPECT_EQ(kit_.Count(), kHours * kAnHour * 6 / 5 + 1);
}

TEST_F(TopicReplayTest, AnEventThatWaitsForItsTimeCountsOnce) {
  kit_.Open();
  const std::string later =
      fmt::format(R"({{"user": "ann", "cents": 1, "at": "{}"}})",
                  FormatTimestamp(kFeedNow + kFeedMinute));
  cluster_.Append("payments", 0,
                  {.value = later, .timestamp_ms = kFeedNow / 1'000});
  AppendPayments(cluster_, "payments", 0, 2);
  ASSERT_TRUE(UntilCount(kit_, 2));
  for (const bool passes : {true, false}) {
    ASSERT_TRUE(Begin().ok());
    if (passes) kit_.clock.Set(kFeedNow + 2 * kFeedMinute);
    ASSERT_TRUE(kit_.views().Release().ok());
    Serve();
    EXPECT_EQ(kit_.Count("ann", kFeedNow + 2 * kFeedMinute), 3) << passes;
  }
}

TEST_F(TopicReplayTest, Rule36WhatWasForgottenStaysSo) {
  for (int i = 0; i < 3; ++i) Append(0, i, kWrittenMs + i, "bob");
  for (int i = 0; i < 2; ++i) Append(1, i, kWrittenMs + i, "ann");
  kit_.Open();
  ASSERT_TRUE(Until([&] { return kit_.Count("bob") == 3; }));
  std::string key;
  AppendKeyBytes("bob", /*last=*/true, &key);
  forgotten_ = {{.join_keys = {"user"},
                 .hash = Xxh3(key),
                 .until_version = (kWrittenMs + 1) * 1'000}};
  ASSERT_TRUE(Begin().ok());
  Serve();
  EXPECT_EQ(kit_.Count("bob"), 1) << "the one that came later";
  EXPECT_EQ(kit_.Count("ann"), 2);
}

TEST_F(TopicReplayTest, OneThatWouldKnowLessIsOnlyDoneWhereThatIsAllowed) {
  for (int i = 0; i < 4; ++i) Append(i % 2, i, kWrittenMs + i * 1'000);
  kit_.Open();
  ASSERT_TRUE(UntilCount(kit_, 4));
  ASSERT_TRUE(Begin().ok());
  Serve();
  ASSERT_EQ(WholeFrom(), 0);

  TopicReplay::Request late = {.view = "user_payments",
                               .from_micros = kFeedNow - kFeedMinute};
  ASSERT_TRUE(Begin(late).ok());
  Serve();
  EXPECT_THAT(Said(), Contains(HasSubstr("further back the topics do not go")));
  ASSERT_TRUE(*kit_.views().upkeep().Build() ==
              LiveViews::BuildState::kNothing);
  EXPECT_EQ(kit_.Count(), 4);

  late.may_know_less = true;
  ASSERT_TRUE(Begin(late).ok());
  Serve();
  EXPECT_EQ(kit_.Count(), 0) << "the mock takes every time for its end";
  EXPECT_EQ(WholeFrom(), kFeedNow + 4 * kFeedMinute);
}

TEST_F(TopicReplayTest, Rule21AnotherLogIsNotTakenForTheOneThatWasRead) {
  AppendPayments(cluster_, "payments", 0, 3);
  kit_.Open();
  ASSERT_TRUE(UntilCount(kit_, 3));
  kit_.Close();
  MockCluster other;
  other.CreateTopic("payments", 2);
  for (int i = 0; i < 3; ++i) {
    other.Append("payments", 0,
                 {.value = Payment("ann", 7), .timestamp_ms = kWrittenMs});
  }
  KafkaOf(kit_).cluster = other.Settings();
  kit_.Open();
  ASSERT_TRUE(Begin().ok());
  Serve();
  EXPECT_THAT(Said(), Contains(HasSubstr("is another record than was read")));
  EXPECT_EQ(kit_.Count(), 3);
}

TEST_F(TopicReplayTest, Rule27WhatAnotherTopicHadIsNotKnown) {
  cluster_.CreateTopic("older", 1);
  AppendPayments(cluster_, "older", 0, 4);
  KafkaOf(kit_).topics = {"older"};
  kit_.Open();
  ASSERT_TRUE(UntilCount(kit_, 4));
  KafkaOf(kit_).topics = {"payments"};
  kit_.Apply();
  AppendPayments(cluster_, "payments", 0, 2);
  ASSERT_TRUE(UntilCount(kit_, 6));
  ASSERT_TRUE(Begin({.view = "user_payments", .may_know_less = true}).ok());
  Serve();
  EXPECT_EQ(kit_.Count(), 2);
  EXPECT_EQ(WholeFrom(), kFeedNow + 5 * kFeedMinute);
}

TEST_F(TopicReplayTest, Rule27WhatTodaysDefinitionCannotReadIsNotKnown) {
  for (int i = 0; i < 150; ++i) {
    cluster_.Append("payments", 0,
                    {.value = "of before", .timestamp_ms = kWrittenMs + i});
  }
  for (int i = 0; i < 150; ++i) {
    Append(1, i, kWrittenMs);
    if (i % 2 == 0) {
      cluster_.Append("payments", 1,
                      {.value = "poison", .timestamp_ms = kFeedNow / 1'000});
    }
  }
  kit_.Open();
  ASSERT_TRUE(UntilCount(kit_, 150));
  ASSERT_TRUE(Begin({.view = "user_payments", .may_know_less = true}).ok());
  Serve();
  EXPECT_EQ(kit_.Count(), 150);
  EXPECT_EQ(WholeFrom(), (kWrittenMs + 149) * 1'000 + 5 * kFeedMinute);
  EXPECT_THAT(Said(), Contains(HasSubstr("225 records of its topics are no "
                                         "events, the first at offset")));
}

TEST_F(TopicReplayTest, ADiskThatIsShortEndsIt) {
  AppendPayments(cluster_, "payments", 0, 3);
  kit_.Open();
  ASSERT_TRUE(UntilCount(kit_, 3));
  disk_ = absl::UnavailableError("no room");
  ASSERT_TRUE(Begin().ok());
  Serve();
  EXPECT_THAT(Said(), Contains(HasSubstr("from its topics: no room")));
  EXPECT_EQ(kit_.Count(), 3);
}

TEST_F(TopicReplayTest, AfterASeekItHasToWait) {
  AppendPayments(cluster_, "payments", 0, 3);
  kit_.Open();
  ASSERT_TRUE(UntilCount(kit_, 3));
  ASSERT_TRUE(kit_.views().progress().MarkLost("payments", kFeedNow + 1).ok());
  const absl::Status early = Begin();
  EXPECT_TRUE(absl::IsFailedPrecondition(early)) << early;
  kit_.clock.Set(kFeedNow + kFeedMinute);
  EXPECT_TRUE(Begin().ok());
}

TEST_F(TopicReplayTest, Rule36WhoIsForgottenMeanwhileHasItBeginAgain) {
  AppendPayments(cluster_, "payments", 0, 3);
  kit_.Open();
  ASSERT_TRUE(UntilCount(kit_, 3));
  ASSERT_TRUE(Begin().ok());
  // Of which there is nothing.
  LiveErasure::Request request = {.entity = "user",
                                  .join_keys = {{"user", {Kind::kString}}},
                                  .keys = {{Value{std::string("eve")}}}};
  ASSERT_TRUE(kit_.views().erasure().Forget(request, kit_.views()).ok());
  Serve();
  EXPECT_THAT(Said(), Contains(HasSubstr("is read from its topics again")));
  EXPECT_EQ(kit_.Count(), 3);
}

TEST_F(TopicReplayTest, WhatCannotBeReplayedSaysWhy) {
  kit_.Open();
  AppendPayments(cluster_, "payments", 0, 1);
  ASSERT_TRUE(UntilCount(kit_, 1));
  EXPECT_TRUE(absl::IsNotFound(Begin({.view = "users"})));
  ASSERT_TRUE(Begin().ok());
  EXPECT_TRUE(absl::IsAlreadyExists(Begin()));
  replay_ = nullptr;
  EXPECT_TRUE(Begin().ok()) << "one that was stopped can be begun again";
}

}  // namespace
}  // namespace freshet
