// SPDX-License-Identifier: Apache-2.0
// Feeds when other definitions are applied.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "tests/feed/feed_kit.h"

namespace freshet {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class FeedChangesTest : public testing::Test {
 protected:
  void SetUp() override {
    cluster_.CreateTopic("payments", 1);
    cluster_.CreateTopic("refunds", 1);
    AppendPayments(cluster_, "payments", 0, 3);
    AppendPayments(cluster_, "refunds", 0, 2);
    kit_.Open();
    ASSERT_TRUE(UntilCount(kit_, 3));
  }

  MockCluster cluster_;
  FeedKit kit_{cluster_};
};

TEST_F(FeedChangesTest, ATopicThatIsAddedIsReadFromItsBeginning) {
  KafkaOf(kit_).topics = {"refunds", "payments"};
  kit_.Apply();

  ASSERT_TRUE(UntilCount(kit_, 5));
  AppendPayments(cluster_, "payments", 0, 1);
  ASSERT_TRUE(UntilCount(kit_, 6));
}

TEST_F(FeedChangesTest, ATopicThatComesBackGoesOnWhereItWas) {
  KafkaOf(kit_).topics = {"refunds"};
  kit_.Apply();
  ASSERT_TRUE(UntilCount(kit_, 5));
  AppendPayments(cluster_, "payments", 0, 4);
  KafkaOf(kit_).topics = {"refunds", "payments"};
  kit_.Apply();

  ASSERT_TRUE(UntilCount(kit_, 9));
}

TEST_F(FeedChangesTest, WhatChangesNothingOfReadingLeavesItAlone) {
  kit_.definitions().stream_sources[0].description = "Payments.";
  ASSERT_TRUE(Until([&] { return kit_.State().records == 3; }));
  kit_.Apply();

  EXPECT_EQ(kit_.State().records, 3);  // The same feed has them.
}

TEST_F(FeedChangesTest, WithoutAViewASourceIsNotRead) {
  auto views = std::exchange(kit_.definitions().stream_views, {});
  kit_.Apply();
  EXPECT_THAT(kit_.feeds().states(), IsEmpty());
  AppendPayments(cluster_, "payments", 0, 4);

  // What was read is in the change log; it is read on where it was left.
  kit_.definitions().stream_views = views;
  kit_.Apply();

  ASSERT_TRUE(UntilCount(kit_, 7));
  ASSERT_TRUE(Until([&] { return kit_.State().records == 4; }));
}

TEST_F(FeedChangesTest, ASourceThatComesBackIsReadAnew) {
  const Definitions all = kit_.definitions();
  kit_.definitions().stream_views.clear();
  kit_.definitions().stream_sources.clear();
  kit_.Apply();
  EXPECT_THAT(kit_.views().progress().Positions("payments"), IsEmpty());
  kit_.definitions() = all;
  kit_.Apply();

  ASSERT_TRUE(Until([&] { return kit_.State().records == 3; }));
  EXPECT_EQ(kit_.Count(), 3) << "not those of before as well";
  EXPECT_THAT(kit_.feeds().states(), SizeIs(1));
}

}  // namespace
}  // namespace freshet
