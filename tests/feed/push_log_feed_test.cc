// SPDX-License-Identifier: Apache-2.0
// A source whose pushes go to a topic, and come from there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "base/failpoint.h"
#include "tests/feed/feed_kit.h"

namespace freshet {
namespace {

using testing::Each;
using testing::HasSubstr;

class PushLogFeedTest : public testing::Test {
 protected:
  void SetUp() override {
    cluster_.CreateTopic("payments", 2);
    MakePushLog(kit_);
    MakePushLog(other_);
  }
  void TearDown() override { ASSERT_TRUE(ArmFailpoints("").ok()); }

  MockCluster cluster_;
  FeedKit kit_{cluster_};
  FeedKit other_{cluster_};
};

TEST_F(PushLogFeedTest, Rule18WhatIsAcknowledgedIsReadAtOnce) {
  kit_.Open();
  for (int64_t i = 0; i < 20; ++i) {
    const absl::Status pushed =
        PushPayments(kit_, {3 * i, 3 * i + 1, 3 * i + 2});
    ASSERT_TRUE(pushed.ok()) << pushed;
    // Not once more, later.
    ASSERT_EQ(kit_.Count(), 3 * (i + 1));
  }
}

TEST_F(PushLogFeedTest, Rule17EveryDaemonHasWhatIsPushedToOne) {
  kit_.Open();
  other_.Open();
  ASSERT_TRUE(PushPayments(kit_, {1, 2, 3}).ok());
  ASSERT_TRUE(PushPayments(other_, {4, 5}).ok());

  EXPECT_TRUE(UntilCount(kit_, 5));
  EXPECT_TRUE(UntilCount(other_, 5));
}

TEST_F(PushLogFeedTest, Rule17APushIntoALostDiskComesBackFromThePushLog) {
  kit_.Open();
  ASSERT_TRUE(PushPayments(kit_, {1, 2, 3}).ok());
  ASSERT_TRUE(PushPayments(kit_, {4, 5}).ok());
  kit_.Close();

  // With a disk of its own, which is empty.
  other_.Open();

  EXPECT_TRUE(UntilCount(other_, 5));
}

TEST_F(PushLogFeedTest, Rule19AnIdThatComesAgainCountsOnceOnEveryDaemon) {
  kit_.Open();
  other_.Open();
  ASSERT_TRUE(PushPayments(kit_, {1, 2}).ok());
  ASSERT_TRUE(PushPayments(kit_, {1, 2, 3}).ok());
  ASSERT_TRUE(PushPayments(other_, {3, 2, 1, 4}).ok());
  ASSERT_EQ(other_.Count(), 4);
  kit_.Crash();
  kit_.Open();
  ASSERT_TRUE(PushPayments(kit_, {4, 1, 5}).ok());
  EXPECT_EQ(kit_.Count(), 5);
  EXPECT_TRUE(UntilCount(other_, 5));
}

TEST_F(PushLogFeedTest, Rule21ARestartReadsNothingTwice) {
  // Without ids, so that it would count twice.
  kit_.definitions().stream_sources[0].id_field = "";
  kit_.Open();
  ASSERT_TRUE(PushPayments(kit_, {1, 2, 3}).ok());
  kit_.Crash();
  kit_.Open();
  ASSERT_TRUE(PushPayments(kit_, {1}).ok());
  EXPECT_EQ(kit_.Count(), 4);
}

TEST_F(PushLogFeedTest, WhatAnotherClockTookIsNoDeadLetterAndWaits) {
  kit_.Open();
  const int64_t ahead = kFeedNow + 20 * kFeedMinute;

  const absl::Status pushed = PushPayments(kit_, {1}, ahead);

  ASSERT_TRUE(pushed.ok()) << pushed;
  ASSERT_TRUE(Until([&] { return kit_.State().records == 1; }));
  EXPECT_THAT(kit_.State().dead_letters, Each(0));
  EXPECT_EQ(kit_.State().events, 1);
  EXPECT_EQ(kit_.Count(), 0);
  const OutcomeCounts outcomes =
      kit_.views().stats().outcomes.at("user_payments");
  EXPECT_EQ(outcomes[static_cast<size_t>(EventOutcome::kFuture)], 1);
}

TEST_F(PushLogFeedTest, WhatCannotBeWrittenHereIsNotAcknowledged) {
  kit_.definitions()
      .stream_sources[0]
      .push_log->read.cluster.delivery_timeout_ms = 2'000;
  kit_.Open();
  ASSERT_TRUE(PushPayments(kit_, {1}).ok());
  ASSERT_TRUE(ArmFailpoints("dead_letters.before_write=error").ok());
  cluster_.Append("payments", 0, {.value = "poison"});
  ASSERT_TRUE(Until([&] { return !kit_.State().health.ok(); }));

  const absl::Status pushed = PushPayments(kit_, {2});

  EXPECT_TRUE(absl::IsUnavailable(pushed)) << pushed;
  ASSERT_TRUE(ArmFailpoints("").ok());
  ASSERT_TRUE(Until([&] { return PushPayments(kit_, {2}).ok(); }));
  EXPECT_EQ(kit_.Count(), 2);
}

TEST_F(PushLogFeedTest, Rule21AGapIsSaidToWhoPushes) {
  kit_.Open();
  ASSERT_TRUE(PushPayments(kit_, {1, 2, 3, 4, 5, 6, 7, 8}).ok());
  kit_.Close();
  cluster_.Overflow("payments", 0);
  cluster_.Overflow("payments", 1);
  kit_.Open();
  ASSERT_TRUE(Until([&] { return absl::IsDataLoss(kit_.State().health); }));

  const absl::Status pushed = PushPayments(kit_, {9});

  EXPECT_TRUE(absl::IsUnavailable(pushed)) << pushed;
  EXPECT_THAT(std::string(pushed.message()),
              HasSubstr("nothing was taken, for the push log of source "
                        "'payments' is not read: STREAM_GAP"));
}

TEST_F(PushLogFeedTest, WhatIsPushedBeforeTheTopicCanBeReadIsNotWritten) {
  // As long as no partition of it is placed.
  ASSERT_TRUE(kit_.definitions().stream_sources[0].push_log.has_value());
  kit_.definitions().stream_sources[0].push_log->read.topics = {"later"};
  kit_.Open();
  const StreamSource& source = kit_.definitions().stream_sources[0];
  // What is taken is answered later.
  const auto pushed = std::make_shared<absl::Status>();
  kit_.feeds().Push(
      source, {.source = source.name, .fields = source.fields}, nullptr,
      [pushed](absl::Status status) { *pushed = std::move(status); });
  EXPECT_TRUE(absl::IsUnavailable(*pushed)) << *pushed;
  EXPECT_THAT(std::string(pushed->message()), HasSubstr("nothing was taken"));
}

TEST_F(PushLogFeedTest, WithoutAViewItIsKeptForTheOneThatComes) {
  auto views = std::exchange(kit_.definitions().stream_views, {});
  kit_.Open();
  const absl::Status pushed = PushPayments(kit_, {1, 2, 3});
  ASSERT_TRUE(pushed.ok()) << pushed;

  kit_.definitions().stream_views = views;
  kit_.Apply();

  EXPECT_TRUE(UntilCount(kit_, 3));
  ASSERT_TRUE(PushPayments(kit_, {4}).ok());
  EXPECT_EQ(kit_.Count(), 4);
}

TEST_F(PushLogFeedTest, WhatWaitsForAFeedThatEndsWaitsForTheNextOne) {
  kit_.Open();
  ASSERT_TRUE(PushPayments(kit_, {1}).ok());
  StreamSource& source = kit_.definitions().stream_sources[0];
  source.fields.push_back({"note", {.kind = Kind::kString}});
  kit_.Apply();
  ASSERT_TRUE(PushPayments(kit_, {2}).ok());
  EXPECT_EQ(kit_.Count(), 2);
}

TEST_F(PushLogFeedTest, ALogThatComesBackGoesOnWhereItWasLeft) {
  kit_.definitions().stream_sources[0].id_field = "";
  kit_.definitions().stream_views[0].duplicates_counted = true;
  kit_.Open();
  ASSERT_TRUE(PushPayments(kit_, {1, 2}).ok());
  StreamSource& source = kit_.definitions().stream_sources[0];
  const auto log = std::exchange(source.push_log, std::nullopt);
  source.single_node = true;
  kit_.Apply();
  // From another daemon.
  other_.Open();
  ASSERT_TRUE(PushPayments(other_, {3}).ok());

  source.single_node = false;
  source.push_log = log;
  kit_.Apply();

  ASSERT_TRUE(PushPayments(kit_, {4}).ok());
  ASSERT_TRUE(Until([&] { return kit_.State().records == 2; }));
  EXPECT_EQ(kit_.Count(), 4);
}

TEST_F(PushLogFeedTest, AnotherTopicIsReadFromItsBeginning) {
  cluster_.CreateTopic("more", 1);
  AppendPayments(cluster_, "more", 0, 1);
  kit_.Open();
  ASSERT_TRUE(PushPayments(kit_, {5, 6}).ok());
  kit_.definitions().stream_sources[0].push_log->read.topics = {"more"};
  kit_.Apply();

  ASSERT_TRUE(PushPayments(kit_, {7}).ok());

  EXPECT_EQ(kit_.Count(), 4);
}

}  // namespace
}  // namespace freshet
