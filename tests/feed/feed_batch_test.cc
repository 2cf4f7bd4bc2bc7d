// SPDX-License-Identifier: Apache-2.0
#include "ingest/feed/feed_batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/feed/feed_kit.h"

namespace freshet {
namespace {

using testing::ElementsAre;

StreamSource Source(std::vector<std::string> topics) {
  StreamSource source{.name = "payments",
                      .fields = {{"user", {.kind = Kind::kString}},
                                 {"cents", {.kind = Kind::kInt64}},
                                 {"at", {.kind = Kind::kTimestamp}}},
                      .timestamp_field = "at"};
  source.kafka = KafkaSource{.topics = std::move(topics)};
  return source;
}

std::optional<DeadLetter> Add(FeedBatch& batch, const std::string& value,
                              std::string_view topic = "a",
                              int32_t partition = 0) {
  return batch.Add({.topic = topic, .partition = partition, .value = value},
                   kFeedNow);
}

TEST(FeedBatchTest, WhatIsNoEventLeavesNothingBehind) {
  FeedBatch batch(Source({"a"}));
  const std::string payment = Payment("ann", 5);
  ASSERT_FALSE(Add(batch, payment));
  ASSERT_TRUE(Add(batch, R"({"user": "bob", "cents": 3})"));
  ASSERT_TRUE(Add(batch, R"({"user": "bob", "cents": "3"})"));
  ASSERT_FALSE(Add(batch, payment));

  const LoggedEvents logged = batch.ToLog();

  ASSERT_EQ(logged.events.rows, 2U);
  EXPECT_EQ(logged.events.fields[0].strings[1], "ann");
  EXPECT_EQ(batch.newest_micros(), kFeedNow - kFeedMinute);
  batch.Clear();
  EXPECT_EQ(batch.events(), 0U);
  EXPECT_EQ(batch.newest_micros(), std::nullopt);
}

TEST(FeedBatchTest, ThePositionsAreTheLastOfEachPartition) {
  FeedBatch batch(Source({"a", "b"}));
  const PartitionPosition later = {.topic = "a", .partition = 1, .next = 9};
  const PartitionPosition other = {.topic = "b", .partition = 1, .next = 2};
  EXPECT_TRUE(batch.empty());
  batch.Advance({.topic = "a", .partition = 1, .next = 4});
  batch.Advance(other);
  batch.Advance(later);

  EXPECT_FALSE(batch.empty());
  EXPECT_THAT(batch.ToLog().positions, ElementsAre(later, other));
}

// Ties of time go by them.
TEST(FeedBatchTest, PartitionsOfSeveralTopicsAreSeveral) {
  const std::string payment = Payment("ann", 5);
  FeedBatch one(Source({"a"}));
  Add(one, payment, "a", 7);
  FeedBatch two(Source({"a", "b"}));
  Add(two, payment, "a", 7);
  Add(two, payment, "b", 7);
  FeedBatch turned(Source({"b", "a"}));
  Add(turned, payment, "a", 7);

  EXPECT_EQ(one.ToLog().events.partitions[0], 7);
  const std::vector<int32_t> partitions = two.ToLog().events.partitions;
  EXPECT_NE(partitions[0], partitions[1]);
  EXPECT_GT(partitions[0], 0);
  EXPECT_EQ(turned.ToLog().events.partitions[0], partitions[0]);
}

TEST(FeedBatchTest, ItIsFullBeforeARecordWouldBeTooLong) {
  FeedBatch batch(Source({"a"}));
  const std::string payment = Payment(std::string(1 << 20, 'x'), 5);
  int added = 0;
  for (; !batch.full(); ++added) ASSERT_FALSE(Add(batch, payment));
  EXPECT_EQ(added, 4);

  batch.Clear();
  EXPECT_FALSE(batch.full());
  const auto letter = Add(batch, Payment(std::string(5 << 20, 'x'), 5));
  ASSERT_TRUE(letter);
  EXPECT_EQ(letter->reason, DeadLetterReason::kTooLong);
}

}  // namespace
}  // namespace freshet
