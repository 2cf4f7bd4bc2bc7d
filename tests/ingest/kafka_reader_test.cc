// SPDX-License-Identifier: Apache-2.0
#include "ingest/kafka/kafka_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tests/ingest/mock_cluster.h"
#include "tests/ingest/reading.h"

namespace freshet {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Event = KafkaEvent::Kind;

TEST(KafkaReaderTest, ReadsAllPartitionsOfAllTopicsInOrder) {
  MockCluster cluster(3);
  cluster.CreateTopic("clicks", 3);
  cluster.CreateTopic("views", 2);
  for (int i = 0; i < 3; ++i) cluster.AppendNumbers("clicks", i, 10 * i, 4);
  for (int i = 0; i < 2; ++i) cluster.AppendNumbers("views", i, 50 * i, 3);
  auto reader =
      OpenReader(cluster.Settings(), {{.topic = "clicks"}, {.topic = "views"}});

  Reading reading;
  ASSERT_TRUE(reading.UntilRecords(*reader, 18));

  EXPECT_THAT(reading.Values("clicks", 0), ElementsAre("0", "1", "2", "3"));
  EXPECT_THAT(reading.Values("clicks", 1), ElementsAre("10", "11", "12", "13"));
  EXPECT_THAT(reading.Values("clicks", 2), ElementsAre("20", "21", "22", "23"));
  EXPECT_THAT(reading.Values("views", 0), ElementsAre("0", "1", "2"));
  EXPECT_THAT(reading.Values("views", 1), ElementsAre("50", "51", "52"));
  EXPECT_THAT(reading.Offsets("views", 1), ElementsAre(0, 1, 2));
  EXPECT_THAT(reading.Events(Event::kStarted), SizeIs(5));
  EXPECT_THAT(reading.events, SizeIs(5));
}

TEST(KafkaReaderTest, NullAndEmptyAreTwoThings) {
  MockCluster cluster;
  cluster.CreateTopic("clicks", 1);
  cluster.Append(
      "clicks", 0,
      {.key = "key", .value = "value", .timestamp_ms = 1385000000123});
  cluster.Append("clicks", 0, {.value = "", .timestamp_ms = 1385000000124});
  cluster.Append("clicks", 0, {.key = "", .timestamp_ms = 1385000000125});
  auto reader = OpenReader(cluster.Settings(), {{.topic = "clicks"}});

  Reading reading;
  ASSERT_TRUE(reading.UntilRecords(*reader, 3));

  EXPECT_EQ(reading.records[0].key, "key");
  EXPECT_EQ(reading.records[0].value, "value");
  EXPECT_EQ(reading.records[0].timestamp_micros, 1385000000123000);
  EXPECT_EQ(reading.records[0].timestamp_type, KafkaTime::kCreated);
  EXPECT_EQ(reading.records[1].key, std::nullopt);
  EXPECT_EQ(reading.records[1].value, "");
  EXPECT_EQ(reading.records[2].key, "");
  EXPECT_EQ(reading.records[2].value, std::nullopt);
}

TEST(KafkaReaderTest, ATimestampBeyondAllNumbersStaysANumber) {
  MockCluster cluster;
  cluster.CreateTopic("clicks", 1);
  cluster.Append("clicks", 0,
                 {.key = "key", .value = "value", .timestamp_ms = INT64_MAX});
  auto reader = OpenReader(cluster.Settings(), {{.topic = "clicks"}});

  Reading reading;
  ASSERT_TRUE(reading.UntilRecords(*reader, 1));

  EXPECT_EQ(reading.records[0].timestamp_micros, INT64_MAX / 1000 * 1000);
}

TEST(KafkaReaderTest, GivesNoMoreRecordsThanWereAskedFor) {
  MockCluster cluster;
  cluster.CreateTopic("clicks", 1);
  cluster.AppendNumbers("clicks", 0, 0, 20);
  auto reader = OpenReader(cluster.Settings(), {{.topic = "clicks"}});

  Reading reading;  // It checks each batch.
  ASSERT_TRUE(reading.Until(
      *reader, [](const Reading& r) { return r.records.size() >= 20; }, 3));

  EXPECT_THAT(reading.Offsets("clicks", 0), SizeIs(20));
  EXPECT_EQ(reading.Last("clicks", 0).offset, 19);
}

TEST(KafkaReaderTest, ReturnsAsSoonAsThereIsARecord) {
  MockCluster cluster;
  cluster.CreateTopic("clicks", 1);
  cluster.Append("clicks", 0, {.value = "a"});
  auto settings = cluster.Settings();
  settings.metadata_interval_ms = 60'000;
  auto reader = OpenReader(settings, {{.topic = "clicks"}});
  Reading reading;
  ASSERT_TRUE(reading.UntilEvent(*reader, Event::kStarted));

  const auto begin = std::chrono::steady_clock::now();
  while (reading.records.empty()) {
    const KafkaBatch batch = reader->Poll(1000, milliseconds(20'000));
    if (!batch.records.empty()) break;
  }

  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(15));
}

TEST(KafkaReaderTest, LagIsWhatIsNotReadYet) {
  MockCluster cluster;
  cluster.CreateTopic("clicks", 2);
  cluster.AppendNumbers("clicks", 0, 0, 10);
  auto reader = OpenReader(cluster.Settings(), {{.topic = "clicks"}});
  ASSERT_THAT(reader->Partitions(), IsEmpty());

  Reading reading;
  ASSERT_TRUE(reading.Until(
      *reader, [](const Reading& r) { return r.records.size() >= 4; }, 2));
  const auto behind = reader->Partitions();
  ASSERT_TRUE(reading.UntilRecords(*reader, 10));
  const auto whole = reader->Partitions();

  ASSERT_THAT(behind, SizeIs(2));
  EXPECT_EQ(behind[0].position + behind[0].lag, 10);
  EXPECT_GT(behind[0].lag, 0);
  EXPECT_TRUE(behind[0].reading);
  EXPECT_GE(behind[0].contact_age_ms, 0);
  EXPECT_EQ(whole[0].position, 10);
  EXPECT_EQ(whole[0].lag, 0);
  EXPECT_EQ(whole[1].position, 0);
  EXPECT_EQ(whole[1].lag, 0);
}

TEST(KafkaReaderTest, AMissingTopicIsSaidOnceAndReadWholeWhenItIsThere) {
  MockCluster cluster;
  cluster.CreateTopic("clicks", 1);
  rd_kafka_mock_topic_set_error(cluster.mock(), "clicks",
                                RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  // "Latest" is from now on, so all of a topic that is not there yet.
  auto reader = OpenReader(
      cluster.Settings(), {{.topic = "clicks", .fresh = KafkaStart::Latest()}});
  Reading reading;
  ASSERT_TRUE(reading.UntilEvent(*reader, Event::kMissing));
  for (int i = 0; i < 5; ++i) reader->Poll(10, milliseconds(100));

  rd_kafka_mock_topic_set_error(cluster.mock(), "clicks",
                                RD_KAFKA_RESP_ERR_NO_ERROR);
  cluster.AppendNumbers("clicks", 0, 0, 3);

  ASSERT_TRUE(reading.UntilRecords(*reader, 3));
  EXPECT_THAT(reading.Offsets("clicks", 0), ElementsAre(0, 1, 2));
  ASSERT_THAT(reading.Events(Event::kMissing), SizeIs(1));
  EXPECT_THAT(Describe(reading.Events(Event::kMissing)[0]),
              HasSubstr("topic 'clicks'"));
}

TEST(KafkaReaderTest, ATopicThatVanishesAndIsTheSameGoesOn) {
  MockCluster cluster;
  cluster.CreateTopic("clicks", 1);
  cluster.AppendNumbers("clicks", 0, 0, 3);
  auto reader = OpenReader(cluster.Settings(), {{.topic = "clicks"}});
  Reading reading;
  ASSERT_TRUE(reading.UntilRecords(*reader, 3));

  rd_kafka_mock_topic_set_error(cluster.mock(), "clicks",
                                RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  ASSERT_TRUE(reading.UntilEvent(*reader, Event::kMissing));
  rd_kafka_mock_topic_set_error(cluster.mock(), "clicks",
                                RD_KAFKA_RESP_ERR_NO_ERROR);
  cluster.AppendNumbers("clicks", 0, 3, 3);

  ASSERT_TRUE(reading.UntilRecords(*reader, 6));
  EXPECT_THAT(reading.Offsets("clicks", 0), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(reading.Events(Event::kVerified), SizeIs(1));
}

TEST(KafkaReaderTest, PausedItFetchesNothingAndThenGoesOnWhereItWas) {
  MockCluster cluster;
  cluster.CreateTopic("clicks", 1);
  cluster.AppendNumbers("clicks", 0, 0, 10);
  auto reader = OpenReader(cluster.Settings(), {{.topic = "clicks"}});
  Reading reading;
  ASSERT_TRUE(reading.Until(
      *reader, [](const Reading& r) { return r.records.size() >= 4; }, 2));

  reader->Pause();
  const size_t before = reading.records.size();
  int polls = 0;
  ASSERT_TRUE(
      reading.Until(*reader, [&](const Reading&) { return ++polls > 8; }));
  EXPECT_THAT(reading.records, SizeIs(before));
  EXPECT_FALSE(reader->Partitions()[0].reading);
  reader->Resume();

  ASSERT_TRUE(reading.UntilRecords(*reader, 10));
  EXPECT_THAT(reading.Offsets("clicks", 0),
              ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  EXPECT_THAT(reading.Events(Event::kVerified), SizeIs(1));
}

TEST(KafkaReaderTest, WrongTopicsAreRefused) {
  MockCluster cluster;
  const auto open = [&](std::vector<KafkaTopicStart> topics) {
    return std::string(
        KafkaReader::Open(cluster.Settings(), std::move(topics), nullptr)
            .status()
            .message());
  };
  EXPECT_THAT(open({}), HasSubstr("no kafka topic"));
  EXPECT_THAT(open({{.topic = "a"}, {.topic = "b"}, {.topic = "a"}}),
              HasSubstr("'a' is named twice"));
  EXPECT_THAT(open({{.topic = std::string(600, 'a')}}),
              HasSubstr("kafka topic 'aaa"));
  auto reader = OpenReader(cluster.Settings(), {{.topic = "a"}});
  EXPECT_TRUE(
      absl::IsNotFound(reader->Restart("a", 7, KafkaStart::Earliest())));
}

}  // namespace
}  // namespace freshet
