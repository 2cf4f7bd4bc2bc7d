// SPDX-License-Identifier: Apache-2.0
#include "ingest/feed/feed_batch.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "config/timestamp.h"
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

// A batch with the format of its source.
struct Batch {
  explicit Batch(const StreamSource& source)
      : format(MakeEventFormat(source, nullptr).value()),
        batch(source, *format) {}

  std::unique_ptr<EventFormat> format;
  FeedBatch batch;
};

std::optional<DeadLetter> AddRecord(FeedBatch& batch,
                                    const KafkaRecord& record) {
  auto added = batch.Add(record, kFeedNow);
  EXPECT_TRUE(added.ok()) << added.status();
  return added.ok() ? *added : std::nullopt;
}

std::optional<DeadLetter> Add(FeedBatch& batch, const std::string& value,
                              std::string_view topic = "a",
                              int32_t partition = 0) {
  return AddRecord(batch,
                   {.topic = topic, .partition = partition, .value = value});
}

TEST(FeedBatchTest, WhatIsNoEventLeavesNothingBehind) {
  Batch batch_of(Source({"a"}));
  FeedBatch& batch = batch_of.batch;
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
  Batch batch_of(Source({"a", "b"}));
  FeedBatch& batch = batch_of.batch;
  const PartitionPosition later = {.topic = "a", .partition = 1, .next = 9};
  const PartitionPosition other = {.topic = "b", .partition = 1, .next = 2};
  EXPECT_TRUE(batch.empty());
  batch.Advance({.topic = "a", .partition = 1, .next = 4});
  batch.Advance(other);
  batch.Advance(later);

  EXPECT_FALSE(batch.empty());
  EXPECT_THAT(batch.ToLog().positions, ElementsAre(later, other));
}

TEST(FeedBatchTest, Rule28WhatIsOfTheFutureIsLookedAtWhereItIsTaken) {
  const std::string far = R"({"user": "ann", "at": "2033-01-01T00:00:00Z"})";
  Batch topics(Source({"a"}));
  const auto letter = Add(topics.batch, far);
  ASSERT_TRUE(letter);
  EXPECT_EQ(letter->reason, DeadLetterReason::kFuture);
  const auto ahead = [](int64_t micros) {
    return fmt::format(R"({{"user": "ann", "at": "{}"}})",
                       FormatTimestamp(kFeedNow + micros));
  };
  const int64_t skew = Source({"a"}).max_future_skew_micros;
  EXPECT_FALSE(Add(topics.batch, ahead(skew)));
  EXPECT_TRUE(Add(topics.batch, ahead(skew + 1)));

  // By who took a push, whose clock may be ahead of ours.
  StreamSource pushed = Source({"a"});
  pushed.push_log = PushLogSource{.read = *pushed.kafka};
  pushed.kafka.reset();
  Batch log(pushed);
  EXPECT_FALSE(Add(log.batch, far));
  EXPECT_TRUE(Add(log.batch, R"({"user": "ann"})"));
}

TEST(FeedBatchTest, WhatIsWrongIsSaidShortly) {
  StreamSource source = Source({"a"});
  source.kafka->format = StreamFormat::kAvro;
  source.kafka->schema = R"({"type": "record", "name": "P", "fields": [
      {"name": "user", "type": {"type": "record", "fields": [], "name": ")" +
                         std::string(500'000, 'x') + R"("}}]})";
  Batch batch(source);
  const auto letter = Add(batch.batch, "");
  ASSERT_TRUE(letter);
  EXPECT_EQ(letter->reason, DeadLetterReason::kWrongType);
  EXPECT_LT(letter->error.size(), 1'100U);
}

// Ties of time go by them.
TEST(FeedBatchTest, PartitionsOfSeveralTopicsAreSeveral) {
  const std::string payment = Payment("ann", 5);
  Batch one_of(Source({"a"}));
  FeedBatch& one = one_of.batch;
  Add(one, payment, "a", 7);
  Batch two_of(Source({"a", "b"}));
  FeedBatch& two = two_of.batch;
  Add(two, payment, "a", 7);
  Add(two, payment, "b", 7);
  Batch turned_of(Source({"b", "a"}));
  FeedBatch& turned = turned_of.batch;
  Add(turned, payment, "a", 7);

  EXPECT_EQ(one.ToLog().events.partitions[0], 7);
  const std::vector<int32_t> partitions = two.ToLog().events.partitions;
  EXPECT_NE(partitions[0], partitions[1]);
  EXPECT_GT(partitions[0], 0);
  EXPECT_EQ(turned.ToLog().events.partitions[0], partitions[0]);
}

TEST(FeedBatchTest, ItIsFullBeforeARecordWouldBeTooLong) {
  Batch batch_of(Source({"a"}));
  FeedBatch& batch = batch_of.batch;
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

TEST(FeedBatchTest, WhatADatabaseWritesBehindADeletionIsPassedOver) {
  StreamSource source = Source({"a"});
  source.kafka->envelope = RecordEnvelope::kDebezium;
  Batch changes(source);
  FeedBatch& batch = changes.batch;

  EXPECT_FALSE(AddRecord(batch, {.topic = "a", .value = std::nullopt}));
  EXPECT_FALSE(Add(batch, R"({"schema": {}, "payload": null})"));
  EXPECT_EQ(batch.events(), 0U);
  EXPECT_FALSE(Add(batch, R"({"op": "d", "after": null, "before": )" +
                              Payment("ann", 5) + "}"));
  EXPECT_EQ(batch.events(), 1U);
  const auto letter = Add(batch, Payment("ann", 5));
  ASSERT_TRUE(letter);
  EXPECT_EQ(letter->reason, DeadLetterReason::kMalformed);

  Batch plain(Source({"a"}));
  const auto tombstone =
      AddRecord(plain.batch, {.topic = "a", .value = std::nullopt});
  ASSERT_TRUE(tombstone);
  EXPECT_EQ(tombstone->reason, DeadLetterReason::kTombstone);
}

TEST(FeedBatchTest, AnEventIsMadeOfValueKeyAndTime) {
  StreamSource source = Source({"a"});
  source.fields[0].from = "key.user";
  source.fields[2].from = "timestamp";
  Batch kit(source);
  FeedBatch& batch = kit.batch;
  const KafkaRecord record = {.topic = "a",
                              .timestamp_micros = kFeedNow - 1,
                              .timestamp_type = KafkaTime::kCreated,
                              .key = R"({"user": "ann"})",
                              .value = R"({"user": "bob", "cents": 5})"};
  ASSERT_FALSE(AddRecord(batch, record));
  KafkaRecord of_no_time = record;
  of_no_time.timestamp_type = KafkaTime::kNone;
  const auto no_time = AddRecord(batch, of_no_time);
  KafkaRecord of_no_key = record;
  of_no_key.key = "ann";
  const auto no_key = AddRecord(batch, of_no_key);

  const LoggedEvents logged = batch.ToLog();
  ASSERT_EQ(logged.events.rows, 1U);
  EXPECT_EQ(logged.events.fields[0].strings[0], "ann");
  EXPECT_EQ(logged.events.fields[1].integers[0], 5);
  EXPECT_EQ(logged.events.fields[2].integers[0], kFeedNow - 1);
  ASSERT_TRUE(no_time && no_key);
  EXPECT_EQ(no_time->reason, DeadLetterReason::kNoTime);
  EXPECT_EQ(no_key->reason, DeadLetterReason::kMalformed);
}

TEST(FeedBatchTest, ValueAndKeyTogetherAreNotTooLong) {
  StreamSource source = Source({"a"});
  source.fields.push_back(
      {.name = "key", .type = {.kind = Kind::kString}, .from = "key"});
  Batch kit(source);
  const std::string payment = Payment(std::string(3 << 20, 'x'), 5);
  const std::string key(2 << 20, 'x');
  const auto letter =
      AddRecord(kit.batch, {.topic = "a", .key = key, .value = payment});
  ASSERT_TRUE(letter);
  EXPECT_EQ(letter->reason, DeadLetterReason::kTooLong);
}

// What cannot be read now.
class Closed : public EventFormat {
 public:
  absl::StatusOr<bool> Read(std::string_view, EventRows& rows) override {
    rows.SetText(0, "half");
    return absl::UnavailableError("closed");
  }
};

TEST(FeedBatchTest, WhatCannotBeReadNowIsNeitherAnEventNorADeadLetter) {
  Closed format;
  FeedBatch batch(Source({"a"}), format);
  const std::string payment = Payment("ann", 5);
  const auto added = batch.Add({.topic = "a", .value = payment}, kFeedNow);
  EXPECT_EQ(added.status(), absl::UnavailableError("closed"));
  EXPECT_EQ(batch.events(), 0U);
}

}  // namespace
}  // namespace freshet
