// SPDX-License-Identifier: Apache-2.0
// A reader whose brokers fail, move or say that they do not know.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <numeric>

#include "ingest/feed/stop_flag.h"
#include "ingest/kafka/kafka_reader.h"
#include "tests/ingest/mock_cluster.h"
#include "tests/ingest/reading.h"

namespace freshet {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAreArray;
using testing::IsEmpty;
using testing::SizeIs;
using Event = KafkaEvent::Kind;

constexpr int16_t kFetchRequest = 1;
constexpr int16_t kListOffsetsRequest = 2;

// Errors injected into newer fetches are of the whole reply, which librdkafka
// only tries again; into these they are each partition's.
void FailFetchesByPartition(MockCluster& cluster) {
  rd_kafka_mock_set_apiversion(cluster.mock(), kFetchRequest, 4, 6);
}

std::vector<int64_t> UpTo(int64_t count) {
  std::vector<int64_t> offsets(static_cast<size_t>(count));
  std::iota(offsets.begin(), offsets.end(), 0);
  return offsets;
}

TEST(BrokerFaultsTest, BrokersThatAreDownAtTheStartAreWaitedFor) {
  MockCluster cluster;
  cluster.CreateTopic("clicks", 1);
  cluster.AppendNumbers("clicks", 0, 0, 3);
  rd_kafka_mock_broker_set_down(cluster.mock(), -1);
  auto reader = OpenReader(cluster.Settings(), {{.topic = "clicks"}});
  Reading reading;
  ASSERT_TRUE(reading.Until(
      *reader, [&](const Reading&) { return !reader->Health().error.ok(); }));
  EXPECT_EQ(reader->Health().contact_age_ms, -1);

  rd_kafka_mock_broker_set_up(cluster.mock(), -1);

  ASSERT_TRUE(reading.UntilRecords(*reader, 3));
  EXPECT_GE(reader->Health().contact_age_ms, 0);
  EXPECT_TRUE(reader->Health().error.ok()) << reader->Health().error;
}

TEST(BrokerFaultsTest, NothingIsLostOrRepeatedWhenAllBrokersGoAndComeBack) {
  MockCluster cluster(2);
  cluster.CreateTopic("clicks", 1);
  cluster.AppendNumbers("clicks", 0, 0, 5);
  auto reader = OpenReader(cluster.Settings(), {{.topic = "clicks"}});
  Reading reading;
  ASSERT_TRUE(reading.UntilRecords(*reader, 5));

  rd_kafka_mock_broker_set_down(cluster.mock(), -1);
  ASSERT_TRUE(reading.Until(*reader, [&](const Reading&) {
    return !reader->Health().error.ok() &&
           reader->Health().contact_age_ms > 1000;
  }));
  EXPECT_GT(reader->Partitions()[0].contact_age_ms, 1000);
  rd_kafka_mock_broker_set_up(cluster.mock(), -1);
  cluster.AppendNumbers("clicks", 0, 5, 5);

  ASSERT_TRUE(reading.UntilRecords(*reader, 10));
  EXPECT_THAT(reading.Offsets("clicks", 0), ElementsAreArray(UpTo(10)));
  EXPECT_THAT(reading.Events(Event::kGap), IsEmpty());
  EXPECT_THAT(reading.Events(Event::kChanged), IsEmpty());
  EXPECT_LT(reader->Partitions()[0].contact_age_ms, 1000);
  // Those that came back could have been others.
  EXPECT_THAT(reading.Events(Event::kVerified), SizeIs(testing::Ge(1u)));
}

TEST(BrokerFaultsTest, AQuietTopicIsNoDeadBroker) {
  MockCluster cluster;
  cluster.CreateTopic("clicks", 1);
  auto settings = cluster.Settings();
  settings.metadata_interval_ms = 60'000;  // Fetches alone keep in touch.
  auto reader = OpenReader(settings, {{.topic = "clicks"}});
  Reading reading;
  ASSERT_TRUE(reading.UntilEvent(*reader, Event::kStarted));

  const auto until = std::chrono::steady_clock::now() + seconds(3);
  int64_t oldest = 0;
  while (std::chrono::steady_clock::now() < until) {
    reader->Poll(10, milliseconds(100));
    oldest = std::max(oldest, reader->Partitions()[0].contact_age_ms);
  }

  EXPECT_LT(oldest, 2000);
}

TEST(BrokerFaultsTest, AMovedLeaderIsFollowed) {
  MockCluster cluster(3);
  cluster.CreateTopic("clicks", 1);
  rd_kafka_mock_partition_set_leader(cluster.mock(), "clicks", 0, 1);
  cluster.AppendNumbers("clicks", 0, 0, 3);
  auto reader = OpenReader(cluster.Settings(), {{.topic = "clicks"}});
  Reading reading;
  ASSERT_TRUE(reading.UntilRecords(*reader, 3));

  for (int leader : {2, 3, 1}) {
    rd_kafka_mock_partition_set_leader(cluster.mock(), "clicks", 0, leader);
    const auto read = static_cast<int>(reading.records.size());
    cluster.AppendNumbers("clicks", 0, read, 3);
    ASSERT_TRUE(reading.UntilRecords(*reader, static_cast<size_t>(read) + 3));
  }
  EXPECT_THAT(reading.Offsets("clicks", 0), ElementsAreArray(UpTo(12)));
}

TEST(BrokerFaultsTest, WhereALeaderMovedToIsAskedOnceTheOldOneIsSilent) {
  MockCluster cluster(3);
  cluster.CreateTopic("clicks", 1);
  rd_kafka_mock_partition_set_leader(cluster.mock(), "clicks", 0, 1);
  auto settings = cluster.Settings();
  settings.metadata_interval_ms = 600'000;
  auto reader = OpenReader(settings, {{.topic = "clicks"}});
  Reading reading;
  ASSERT_TRUE(reading.UntilEvent(*reader, Event::kStarted));
  const auto at = [&] { return reader->Partitions()[0]; };

  rd_kafka_mock_partition_set_leader(cluster.mock(), "clicks", 0, 2);

  ASSERT_TRUE(reading.Until(
      *reader, [&](const Reading&) { return at().silent_ms > 2'000; }));
  EXPECT_TRUE(reading.Until(*reader, [&](const Reading&) {
    return at().silent_ms < 1'000 && at().contact_age_ms < 1'000;
  }));
}

TEST(BrokerFaultsTest, ALeaderThatIsGoneIsSilentWhileOthersAnswer) {
  MockCluster cluster(2);
  cluster.CreateTopic("clicks", 2);
  rd_kafka_mock_partition_set_leader(cluster.mock(), "clicks", 0, 1);
  rd_kafka_mock_partition_set_leader(cluster.mock(), "clicks", 1, 2);
  auto reader = OpenReader(cluster.Settings(), {{.topic = "clicks"}});
  Reading reading;
  ASSERT_TRUE(reading.Until(*reader, [](const Reading& read) {
    return read.Events(Event::kStarted).size() == 2;
  }));

  rd_kafka_mock_broker_set_down(cluster.mock(), 2);

  // However often it is asked who leads.
  EXPECT_TRUE(reading.Until(*reader, [&](const Reading&) {
    return reader->Partitions()[1].silent_ms > 4'000;
  }));
  EXPECT_LT(reader->Partitions()[0].silent_ms, 2'000);
  EXPECT_LT(reader->Health().contact_age_ms, 2'000);
}

TEST(BrokerFaultsTest, APartitionThatIsHandedOutIsNotSilent) {
  MockCluster cluster;
  cluster.CreateTopic("clicks", 1);
  cluster.Overflow("clicks", 0);  // More than the queue takes.
  auto settings = cluster.Settings();
  settings.metadata_interval_ms = 600'000;
  settings.queue_bytes_max = 1 << 20;
  auto reader = OpenReader(settings, {{.topic = "clicks"}});
  Reading reading;
  const auto read_one = [&](const Reading& read) {
    return !read.records.empty();
  };
  ASSERT_TRUE(reading.Until(*reader, read_one, 1));
  StopFlag never;
  never.WaitFor(milliseconds(1'500));  // Until the queue is full, and longer.
  rd_kafka_mock_broker_set_rtt(cluster.mock(), -1, 1'000);
  reading.records.clear();

  ASSERT_TRUE(reading.Until(*reader, read_one, 1));

  const KafkaPartitionState at = reader->Partitions()[0];
  EXPECT_GT(at.contact_age_ms, at.silent_ms);
}

TEST(BrokerFaultsTest, WhileItWasPausedNobodyWasSilent) {
  MockCluster cluster;
  cluster.CreateTopic("clicks", 1);
  auto settings = cluster.Settings();
  settings.metadata_interval_ms = 600'000;
  auto reader = OpenReader(settings, {{.topic = "clicks"}});
  Reading reading;
  ASSERT_TRUE(reading.UntilEvent(*reader, Event::kStarted));
  reader->Pause();
  ASSERT_TRUE(reading.Until(*reader, [&](const Reading&) {
    return reader->Partitions()[0].silent_ms > 1'000;
  }));

  reader->Resume();

  const KafkaPartitionState at = reader->Partitions()[0];
  EXPECT_GT(at.contact_age_ms, 1'000);
  EXPECT_LT(at.silent_ms, 1'000);
}

TEST(BrokerFaultsTest, APartitionWithoutLeaderHoldsUpNoOther) {
  MockCluster cluster(2);
  cluster.CreateTopic("clicks", 2);
  cluster.AppendNumbers("clicks", 0, 0, 3);
  cluster.AppendNumbers("clicks", 1, 0, 3);
  rd_kafka_mock_partition_set_leader(cluster.mock(), "clicks", 1, -1);
  auto reader = OpenReader(cluster.Settings(), {{.topic = "clicks"}});
  Reading reading;
  ASSERT_TRUE(reading.UntilRecords(*reader, 3));
  EXPECT_THAT(reading.Offsets("clicks", 1), IsEmpty());

  rd_kafka_mock_partition_set_leader(cluster.mock(), "clicks", 1, 2);

  ASSERT_TRUE(reading.UntilRecords(*reader, 6));
  EXPECT_THAT(reading.Offsets("clicks", 1), ElementsAreArray(UpTo(3)));
}

TEST(BrokerFaultsTest, RequestsThatFailForMomentsLoseNothing) {
  MockCluster cluster;
  FailFetchesByPartition(cluster);
  cluster.CreateTopic("clicks", 1);
  cluster.AppendNumbers("clicks", 0, 0, 5);
  rd_kafka_mock_push_request_errors(cluster.mock(), kListOffsetsRequest, 3,
                                    RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                    RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
                                    RD_KAFKA_RESP_ERR__TRANSPORT);
  auto reader = OpenReader(cluster.Settings(), {{.topic = "clicks"}});
  Reading reading;
  ASSERT_TRUE(reading.UntilRecords(*reader, 5));

  rd_kafka_mock_push_request_errors(
      cluster.mock(), kFetchRequest, 6,
      RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
      RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__TRANSPORT,
      RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR,
      RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_INVALID_MSG);
  cluster.AppendNumbers("clicks", 0, 5, 5);

  ASSERT_TRUE(reading.UntilRecords(*reader, 10));
  EXPECT_THAT(reading.Offsets("clicks", 0), ElementsAreArray(UpTo(10)));
  EXPECT_THAT(reading.Events(Event::kGap), IsEmpty());
  EXPECT_THAT(reading.Events(Event::kChanged), IsEmpty());
  // A record that arrives damaged is said, and read again.
  ASSERT_THAT(reading.Events(Event::kFailed), SizeIs(testing::Ge(1u)));
  EXPECT_TRUE(absl::IsDataLoss(reading.Events(Event::kFailed).back().status));
  EXPECT_THAT(reading.Events(Event::kVerified), SizeIs(testing::Ge(1u)));
}

TEST(BrokerFaultsTest, AnOffsetThatIsSaidToBeOutOfRangeIsLookedInto) {
  MockCluster cluster;
  FailFetchesByPartition(cluster);
  cluster.CreateTopic("clicks", 1);
  cluster.AppendNumbers("clicks", 0, 0, 5);
  auto reader = OpenReader(cluster.Settings(), {{.topic = "clicks"}});
  Reading reading;
  ASSERT_TRUE(reading.UntilRecords(*reader, 5));

  // Twice: librdkafka overwrites one by the end of the log that it sees first.
  rd_kafka_mock_push_request_errors(cluster.mock(), kFetchRequest, 2,
                                    RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE,
                                    RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE);
  ASSERT_TRUE(reading.UntilEvent(*reader, Event::kVerified));
  cluster.AppendNumbers("clicks", 0, 5, 5);

  ASSERT_TRUE(reading.UntilRecords(*reader, 10));
  EXPECT_THAT(reading.Offsets("clicks", 0), ElementsAreArray(UpTo(10)));
  EXPECT_THAT(reading.Events(Event::kGap), IsEmpty());
}

TEST(BrokerFaultsTest, WhatIsNotAllowedIsSaidAndTriedAgain) {
  MockCluster cluster;
  cluster.CreateTopic("clicks", 1);
  rd_kafka_mock_topic_set_error(cluster.mock(), "clicks",
                                RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  auto reader = OpenReader(cluster.Settings(), {{.topic = "clicks"}});
  Reading reading;
  ASSERT_TRUE(reading.UntilEvent(*reader, Event::kFailed));
  EXPECT_TRUE(
      absl::IsPermissionDenied(reading.Events(Event::kFailed)[0].status));

  rd_kafka_mock_topic_set_error(cluster.mock(), "clicks",
                                RD_KAFKA_RESP_ERR_NO_ERROR);
  cluster.AppendNumbers("clicks", 0, 0, 2);

  ASSERT_TRUE(reading.UntilRecords(*reader, 2));
  EXPECT_THAT(reading.Events(Event::kFailed), SizeIs(1));
}

TEST(BrokerFaultsTest, ReadsOverASlowLink) {
  MockCluster cluster(2);
  cluster.CreateTopic("clicks", 2);
  cluster.AppendNumbers("clicks", 0, 0, 5);
  cluster.AppendNumbers("clicks", 1, 0, 5);
  rd_kafka_mock_broker_set_rtt(cluster.mock(), -1, 300);
  auto reader = OpenReader(cluster.Settings(), {{.topic = "clicks"}});

  Reading reading;
  ASSERT_TRUE(reading.UntilRecords(*reader, 10));

  EXPECT_THAT(reading.Offsets("clicks", 0), ElementsAreArray(UpTo(5)));
  EXPECT_THAT(reading.Offsets("clicks", 1), ElementsAreArray(UpTo(5)));
}

TEST(BrokerFaultsTest, ClosesSoonWhenNoBrokerAnswers) {
  MockCluster cluster(2);
  cluster.CreateTopic("clicks", 4);
  cluster.AppendNumbers("clicks", 0, 0, 3);
  auto reader = OpenReader(cluster.Settings(), {{.topic = "clicks"}});
  Reading reading;
  ASSERT_TRUE(reading.UntilRecords(*reader, 3));
  rd_kafka_mock_broker_set_down(cluster.mock(), -1);

  const auto begin = std::chrono::steady_clock::now();
  reader.reset();

  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(5));
}

}  // namespace
}  // namespace freshet
