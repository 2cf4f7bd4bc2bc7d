// SPDX-License-Identifier: Apache-2.0
// A feed whose records name schemas of a registry.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "features/byte_reader.h"
#include "tests/feed/feed_kit.h"
#include "tests/registry/http_answers.h"

namespace freshet {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

constexpr std::string_view kSchema = R"json({"type": "record", "name": "P",
  "fields": [{"name": "user", "type": "string"},
    {"name": "cents", "type": "long"},
    {"name": "at", "type": {"type": "long",
                            "logicalType": "timestamp-micros"}}]})json";

// Of `ann`, a minute ago, by the schema of that number.
std::string FramedPayment(uint8_t schema) {
  std::string value({'\0', '\0', '\0', '\0', static_cast<char>(schema)});
  AppendVarint(ZigZag(3), &value);
  value += "ann";
  AppendVarint(ZigZag(1), &value);
  AppendVarint(ZigZag(kFeedNow - kFeedMinute), &value);
  return value;
}

class FeedRegistryTest : public testing::Test {
 protected:
  void SetUp() override {
    cluster_.CreateTopic("payments", 1);
    KafkaSource& kafka = KafkaOf(kit_);
    kafka.format = StreamFormat::kAvro;
    kafka.schema_registry = SchemaRegistrySettings{.url = registry_.url()};
  }
  void Append(uint8_t schema) {
    const std::string value = FramedPayment(schema);
    cluster_.Append("payments", 0, {.value = value});
  }
  void AnswerSchema() {
    registry_.Answer(200, nlohmann::json({{"schema", kSchema}}).dump());
  }

  MockCluster cluster_;
  HttpAnswers registry_;
  FeedKit kit_{cluster_};
};

TEST_F(FeedRegistryTest, EventsComeByTheirSchemaWhichIsAskedForOnce) {
  AnswerSchema();
  for (int i = 0; i < 3; ++i) Append(7);

  kit_.Open();

  ASSERT_TRUE(UntilCount(kit_, 3));
  EXPECT_THAT(registry_.asked(), SizeIs(1));
}

TEST_F(FeedRegistryTest,
       WhileTheRegistryIsAwayNothingIsLostAndNothingPassedOver) {
  AnswerSchema();
  Append(7);
  kit_.Open();
  ASSERT_TRUE(UntilCount(kit_, 1));
  registry_.Answer(503, "");
  Append(7);
  Append(8);
  Append(7);
  // What comes before it does not wait.
  ASSERT_TRUE(UntilCount(kit_, 2));
  ASSERT_TRUE(Until([&] { return !kit_.State().health.ok(); }));
  EXPECT_EQ(kit_.State().health.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(kit_.State().health.message(),
              HasSubstr("it answers with HTTP 503"));
  EXPECT_THAT(kit_.DeadLetters(), SizeIs(0));

  // Also over a restart.
  kit_.Close();
  kit_.Open();
  ASSERT_TRUE(Until([&] { return !kit_.State().health.ok(); }));
  EXPECT_EQ(kit_.Count(), 2);
  AnswerSchema();

  ASSERT_TRUE(UntilCount(kit_, 4));
  ASSERT_TRUE(Until([&] { return kit_.State().health.ok(); }));
  EXPECT_THAT(kit_.DeadLetters(), SizeIs(0));
}

TEST_F(FeedRegistryTest, WhatNoRegistryAnswersOfIsADeadLetter) {
  AnswerSchema();
  std::string value = FramedPayment(7);
  value[1] = '\xff';
  cluster_.Append("payments", 0, {.value = value});
  Append(7);
  kit_.Open();
  ASSERT_TRUE(UntilCount(kit_, 1));
  EXPECT_THAT(kit_.DeadLetters(), SizeIs(1));
}

class FeedWaitsTest : public FeedRegistryTest {
 protected:
  // Waits at the first of three records, with one before them.
  void OpenAndWait() {
    AnswerSchema();
    Append(7);
    kit_.Open();
    ASSERT_TRUE(UntilCount(kit_, 1));
    ASSERT_TRUE(Until([&] { return kit_.State().partitions.size() == 1; }));
    ASSERT_TRUE(kit_.feeds().SetPaused("payments", true).ok());
    ASSERT_TRUE(UntilPaused(true));
    registry_.Answer(503, "");
    Append(8);
    Append(7);
    Append(7);
    ASSERT_TRUE(kit_.feeds().SetPaused("payments", false).ok());
    ASSERT_TRUE(Until([&] { return !kit_.State().health.ok(); }));
  }
  bool UntilPaused(bool paused) {
    return Until([&] { return kit_.State().paused == paused; });
  }
};

TEST_F(FeedWaitsTest, ItIsPausedAndReadsOnFromThatRecord) {
  OpenAndWait();
  ASSERT_TRUE(kit_.feeds().SetPaused("payments", true).ok());
  ASSERT_TRUE(UntilPaused(true));
  EXPECT_TRUE(kit_.State().health.ok()) << kit_.State().health;
  AnswerSchema();
  EXPECT_EQ(kit_.Count(), 1);

  ASSERT_TRUE(kit_.feeds().SetPaused("payments", false).ok());
  ASSERT_TRUE(UntilCount(kit_, 4));
  ASSERT_TRUE(Until([&] { return kit_.State().records == 4; }));
  EXPECT_THAT(kit_.DeadLetters(), SizeIs(0));
}

TEST_F(FeedWaitsTest, Rule22ItIsSetForwardPastThatRecordAndNotBack) {
  OpenAndWait();
  const auto whole_from = [&] {
    return kit_.views().served()->windows[0].coverage->whole_from_micros();
  };
  const int64_t before = whole_from();
  kit_.clock.Set(kFeedNow + kFeedMinute);
  // Also while it is to be placed yet: what was read is not read again.
  ASSERT_TRUE(kit_.feeds().SetPaused("payments", true).ok());
  ASSERT_TRUE(UntilPaused(true));
  ASSERT_TRUE(kit_.feeds()
                  .SetForward("payments", {.start = KafkaStart::Offset(0)})
                  .ok());
  ASSERT_TRUE(kit_.feeds().SetPaused("payments", false).ok());
  ASSERT_TRUE(Until([&] { return !kit_.State().health.ok(); }));
  EXPECT_EQ(whole_from(), before);
  EXPECT_EQ(kit_.Count(), 1);

  ASSERT_TRUE(kit_.feeds()
                  .SetForward("payments", {.start = KafkaStart::Latest()})
                  .ok());
  ASSERT_TRUE(Until([&] { return kit_.State().health.ok(); }));
  ASSERT_TRUE(Until([&] { return whole_from() > before; }));
  Append(7);
  ASSERT_TRUE(UntilCount(kit_, 2));
  ASSERT_TRUE(Until([&] { return kit_.State().records >= 2; }));
  EXPECT_EQ(kit_.State().records, 2);
}

TEST_F(FeedRegistryTest, ASchemaThatTheRegistryDoesNotHaveIsADeadLetter) {
  registry_.Answer(404, R"({"error_code": 40403})");
  Append(9);
  kit_.Open();
  ASSERT_TRUE(Until([&] { return kit_.State().records == 1; }));
  AnswerSchema();
  Append(7);

  ASSERT_TRUE(UntilCount(kit_, 1));
  ASSERT_THAT(kit_.DeadLetters(), SizeIs(1));
  const auto letter = nlohmann::json::parse(kit_.DeadLetters()[0]);
  EXPECT_EQ(letter["reason"], "malformed");
  EXPECT_EQ(letter["error"], "the registry has no schema 9");
}

}  // namespace
}  // namespace freshet
