// SPDX-License-Identifier: Apache-2.0
#include "ingest/kafka/kafka_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "base/check.h"
#include "tests/ingest/mock_cluster.h"
#include "tests/ingest/reading.h"

namespace freshet {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr int16_t kProduceRequest = 0;

std::unique_ptr<KafkaWriter> OpenWriter(const KafkaSettings& settings) {
  auto writer = KafkaWriter::Open(settings, nullptr);
  CHECK(writer.ok());
  return *std::move(writer);
}

std::vector<KafkaMessage> Messages(const std::vector<std::string>& values) {
  std::vector<KafkaMessage> messages;
  for (const std::string& value : values) {
    messages.push_back({.topic = "log", .partition = 0, .value = value});
  }
  return messages;
}

std::vector<absl::StatusCode> Codes(const std::vector<KafkaWritten>& written) {
  std::vector<absl::StatusCode> codes;
  for (const KafkaWritten& one : written) codes.push_back(one.status.code());
  return codes;
}

class KafkaWriterTest : public testing::Test {
 protected:
  void SetUp() override { cluster_.CreateTopic("log", 2); }

  Reading ReadBack(size_t count) {
    auto reader = OpenReader(cluster_.Settings(), {{.topic = "log"}});
    Reading reading;
    EXPECT_TRUE(reading.UntilRecords(*reader, count));
    return reading;
  }

  MockCluster cluster_{2};
};

TEST_F(KafkaWriterTest, SaysWhereEachRecordWentAndTheyAreThere) {
  auto writer = OpenWriter(cluster_.Settings());
  const std::vector<std::string> values{"a", "b", "c"};

  const auto written = writer->Write(Messages(values), seconds(20));

  ASSERT_THAT(written, SizeIs(3));
  for (size_t i = 0; i < written.size(); ++i) {
    EXPECT_TRUE(written[i].status.ok()) << written[i].status;
    EXPECT_EQ(written[i].partition, 0);
    EXPECT_EQ(written[i].offset, static_cast<int64_t>(i));
  }
  EXPECT_THAT(ReadBack(3).Values("log", 0), ElementsAre("a", "b", "c"));
  EXPECT_GE(writer->Health().contact_age_ms, 0);
}

TEST_F(KafkaWriterTest, AllPartsOfARecordArrive) {
  auto writer = OpenWriter(cluster_.Settings());
  std::vector<KafkaMessage> messages(2);
  messages[0] = {.topic = "log",
                 .partition = 1,
                 .key = "k",
                 .value = std::nullopt,
                 .headers = {{"h", "v"}, {"none", std::nullopt}, {"e", ""}},
                 .timestamp_micros = 1385000000123456};
  messages[1] = {.topic = "log",
                 .partition = 1,
                 .key = std::string_view(),
                 .value = std::string_view()};

  const auto written = writer->Write(messages, seconds(20));

  ASSERT_THAT(Codes(written), Each(absl::StatusCode::kOk));
  const Reading reading = ReadBack(2);
  const ReadRecord& first = reading.records[0];
  EXPECT_EQ(first.key, "k");
  EXPECT_EQ(first.value, std::nullopt);
  EXPECT_EQ(first.timestamp_micros, 1385000000123000);
  ASSERT_THAT(first.headers, SizeIs(3));
  EXPECT_EQ(first.headers[0].first, "h");
  EXPECT_EQ(first.headers[0].second, "v");
  EXPECT_EQ(first.headers[1].second, std::nullopt);
  EXPECT_EQ(first.headers[2].second, "");
  EXPECT_EQ(reading.records[1].key, "");
  EXPECT_EQ(reading.records[1].value, "");
}

TEST_F(KafkaWriterTest, AKeyHasOnePartitionAsInJava) {
  auto writer = OpenWriter(cluster_.Settings());
  std::vector<KafkaMessage> messages;
  for (std::string_view key : {"21", "foobar", "a-little-bit-longer-string"}) {
    messages.push_back({.topic = "log", .key = key, .value = "v"});
  }

  const auto written = writer->Write(messages, seconds(20));

  // Kafka's own test of murmur2 (UtilsTest.testMurmur2) has these hashes:
  // -973932308, -790332482, -1486304829; their low 31 bits, modulo 2.
  ASSERT_THAT(Codes(written), Each(absl::StatusCode::kOk));
  EXPECT_EQ(written[0].partition, (-973932308 & 0x7fffffff) % 2);
  EXPECT_EQ(written[1].partition, (-790332482 & 0x7fffffff) % 2);
  EXPECT_EQ(written[2].partition, (-1486304829 & 0x7fffffff) % 2);
}

TEST_F(KafkaWriterTest, WhatFailsForAMomentIsWrittenOnce) {
  auto writer = OpenWriter(cluster_.Settings());
  rd_kafka_mock_push_request_errors(cluster_.mock(), kProduceRequest, 3,
                                    RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
                                    RD_KAFKA_RESP_ERR__TRANSPORT,
                                    RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);

  const auto written = writer->Write(Messages({"a", "b", "c"}), seconds(20));

  EXPECT_THAT(Codes(written), Each(absl::StatusCode::kOk));
  EXPECT_THAT(ReadBack(3).Values("log", 0), ElementsAre("a", "b", "c"));
}

TEST_F(KafkaWriterTest, SaysWhichOnesFailed) {
  auto settings = cluster_.Settings();
  settings.properties["message.max.bytes"] = "2000";
  auto writer = OpenWriter(settings);

  const auto written =
      writer->Write(Messages({"a", std::string(5000, 'x'), "c"}), seconds(20));

  EXPECT_THAT(Codes(written), ElementsAre(absl::StatusCode::kOk,
                                          absl::StatusCode::kInvalidArgument,
                                          absl::StatusCode::kOk));
  EXPECT_THAT(ReadBack(2).Values("log", 0), ElementsAre("a", "c"));
}

TEST_F(KafkaWriterTest, WhoDoesNotWaitIsCalledBackOnceWithAll) {
  auto settings = cluster_.Settings();
  settings.properties["message.max.bytes"] = "2000";
  auto writer = OpenWriter(settings);
  rd_kafka_mock_broker_set_down(cluster_.mock(), -1);
  std::promise<std::vector<KafkaWritten>> outcomes;
  const auto begin = std::chrono::steady_clock::now();

  writer->Start(Messages({"a", std::string(5000, 'x'), "c"}),
                [&](const std::vector<KafkaWritten>& written) {
                  outcomes.set_value(written);
                });

  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(1));
  rd_kafka_mock_broker_set_up(cluster_.mock(), -1);
  const auto written = outcomes.get_future().get();
  EXPECT_THAT(Codes(written), ElementsAre(absl::StatusCode::kOk,
                                          absl::StatusCode::kInvalidArgument,
                                          absl::StatusCode::kOk));
  EXPECT_EQ(written[2].offset, 1);
}

TEST_F(KafkaWriterTest, ManySmallRecordsWaitWhereTheirBytesHaveRoom) {
  auto writer = OpenWriter(cluster_.Settings());
  rd_kafka_mock_broker_set_down(cluster_.mock(), -1);
  const std::vector<std::string> values(150'000, "x");

  const auto written = writer->Write(Messages(values), milliseconds(1));

  EXPECT_THAT(Codes(written), Each(absl::StatusCode::kDeadlineExceeded));
}

TEST_F(KafkaWriterTest, APropertyOfWhoReadsIsNoTrouble) {
  auto settings = cluster_.Settings();
  settings.properties["fetch.min.bytes"] = "2";
  std::mutex mu;
  std::vector<std::string> said, troubles;
  auto writer = KafkaWriter::Open(
      settings, [&](const std::string& sentence, bool trouble) {
        const std::lock_guard lock(mu);
        (trouble ? troubles : said).push_back(sentence);
      });
  ASSERT_TRUE(writer.ok()) << writer.status();
  ASSERT_THAT(Codes((*writer)->Write(Messages({"a"}), seconds(20))),
              Each(absl::StatusCode::kOk));
  writer->reset();

  EXPECT_THAT(said, testing::Contains(HasSubstr("fetch.min.bytes")));
  EXPECT_THAT(troubles, testing::IsEmpty());
}

TEST_F(KafkaWriterTest, ABrokerThatIsDownCostsTheDeadlineAndNoMore) {
  auto writer = OpenWriter(cluster_.Settings());
  rd_kafka_mock_broker_set_down(cluster_.mock(), -1);

  const auto begin = std::chrono::steady_clock::now();
  const auto late = writer->Write(Messages({"a", "b"}), milliseconds(300));
  const auto took = std::chrono::steady_clock::now() - begin;

  EXPECT_THAT(Codes(late), Each(absl::StatusCode::kDeadlineExceeded));
  EXPECT_GE(took, milliseconds(300));
  EXPECT_LT(took, seconds(5));
  EXPECT_THAT(std::string(late[0].status.message()),
              HasSubstr("may still arrive"));

  rd_kafka_mock_broker_set_up(cluster_.mock(), -1);
  const auto after = writer->Write(Messages({"c"}), seconds(20));
  EXPECT_THAT(Codes(after), Each(absl::StatusCode::kOk));
  // And they did arrive, before what was written later.
  EXPECT_THAT(ReadBack(3).Values("log", 0), ElementsAre("a", "b", "c"));
}

TEST_F(KafkaWriterTest, WhatIsNotDeliveredInTimeIsGivenUp) {
  auto settings = cluster_.Settings();
  settings.delivery_timeout_ms = 500;
  auto writer = OpenWriter(settings);
  rd_kafka_mock_broker_set_down(cluster_.mock(), -1);

  const auto written = writer->Write(Messages({"a"}), seconds(20));

  ASSERT_THAT(written, SizeIs(1));
  EXPECT_TRUE(absl::IsDeadlineExceeded(written[0].status)) << written[0].status;
  EXPECT_THAT(std::string(written[0].status.message()),
              testing::Not(HasSubstr("may still arrive")));
}

TEST_F(KafkaWriterTest, AFullQueueTakesNothingBehindWhatItRefused) {
  auto settings = cluster_.Settings();
  settings.queue_bytes_max = 1 << 20;
  auto writer = OpenWriter(settings);
  rd_kafka_mock_broker_set_down(cluster_.mock(), -1);
  std::vector<std::string> values(5, std::string(400'000, 'x'));
  values.push_back("small");

  const auto written = writer->Write(Messages(values), milliseconds(100));

  const auto full = absl::StatusCode::kResourceExhausted;
  const auto open = absl::StatusCode::kDeadlineExceeded;
  EXPECT_THAT(Codes(written), ElementsAre(open, open, full, full, full, full));
}

TEST_F(KafkaWriterTest, AFatalErrorEndsThatWriteAndTheNextOneSucceeds) {
  auto writer = OpenWriter(cluster_.Settings());
  ASSERT_THAT(Codes(writer->Write(Messages({"a"}), seconds(20))),
              Each(absl::StatusCode::kOk));
  rd_kafka_mock_push_request_errors(
      cluster_.mock(), kProduceRequest, 1,
      RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);

  const auto lost = writer->Write(Messages({"b"}), seconds(20));
  const auto next = writer->Write(Messages({"c"}), seconds(20));

  EXPECT_FALSE(lost[0].status.ok());
  EXPECT_TRUE(next[0].status.ok()) << next[0].status;
  EXPECT_THAT(ReadBack(2).Values("log", 0), ElementsAre("a", "c"));
}

TEST_F(KafkaWriterTest, ThreadsWriteAtOnce) {
  auto writer = OpenWriter(cluster_.Settings());
  constexpr size_t kThreads = 4, kWrites = 25;
  std::vector<std::thread> threads;
  std::vector<std::vector<int64_t>> offsets(kThreads);
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = 0; i < kWrites; ++i) {
        const auto written = writer->Write(Messages({"x"}), seconds(20));
        if (written[0].status.ok()) offsets[t].push_back(written[0].offset);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  std::set<int64_t> distinct;
  for (const auto& some : offsets) distinct.insert(some.begin(), some.end());
  EXPECT_THAT(distinct, SizeIs(kThreads * kWrites));
  EXPECT_EQ(*distinct.rbegin(), kThreads * kWrites - 1);
}

TEST_F(KafkaWriterTest, EndsSoonWithWritesThatAreOpen) {
  auto writer = OpenWriter(cluster_.Settings());
  rd_kafka_mock_broker_set_down(cluster_.mock(), -1);
  writer->Write(Messages({"a", "b"}), milliseconds(1));

  const auto begin = std::chrono::steady_clock::now();
  writer.reset();

  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(5));
}

}  // namespace
}  // namespace freshet
