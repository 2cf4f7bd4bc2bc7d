// SPDX-License-Identifier: Apache-2.0
#include "ingest/push_log/push_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "tests/ingest/mock_cluster.h"
#include "tests/ingest/reading.h"

namespace freshet {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr int16_t kProduceRequest = 0;

PushRecords Records(const std::vector<std::string>& values) {
  PushRecords records;
  for (const std::string& value : values) {
    records.records.push_back({.key = "one key", .value = value});
    records.bytes += static_cast<int64_t>(value.size()) + 512;
  }
  return records;
}

class PushLogTest : public testing::Test {
 protected:
  // What a push is answered, once; perhaps when the test is over.
  struct Answer {
    std::shared_ptr<std::promise<absl::Status>> promise =
        std::make_shared<std::promise<absl::Status>>();
    std::future<absl::Status> status = promise->get_future();

    bool IsThere() const {
      return status.wait_for(seconds(0)) == std::future_status::ready;
    }
  };

  void SetUp() override {
    cluster_.CreateTopic("log", 2);
    settings_ = cluster_.Settings();
  }

  void Open() {
    log_ = std::make_unique<PushLog>(
        "payments",
        PushLogSource{.read = {.cluster = settings_, .topics = {"log"}}},
        nullptr);
  }
  absl::Status Push(PushRecords records, Answer& answer,
                    const void* caller = nullptr) {
    return log_->Push(std::move(records), caller,
                      // Set twice it would throw, and end the test.
                      [promise = answer.promise](const absl::Status& status) {
                        promise->set_value(status);
                      });
  }
  // Of the topic, both partitions: with the key above one of them is empty.
  Reading ReadBack(size_t count) {
    auto reader = OpenReader(cluster_.Settings(), {{.topic = "log"}});
    Reading reading;
    EXPECT_TRUE(reading.UntilRecords(*reader, count));
    return reading;
  }
  void ReachAll(int64_t next) {
    log_->Reached(0, next);
    log_->Reached(1, next);
  }

  MockCluster cluster_;
  KafkaSettings settings_;
  std::unique_ptr<PushLog> log_;
};

TEST_F(PushLogTest, Rule18APushIsAcknowledgedOnceItIsWrittenAndRead) {
  Open();
  Answer answer;

  ASSERT_TRUE(Push(Records({"a", "b"}), answer).ok());

  const Reading reading = ReadBack(2);
  const int32_t partition = reading.records[0].partition;
  EXPECT_THAT(reading.Values("log", partition), ElementsAre("a", "b"));
  EXPECT_EQ(reading.records[0].key, "one key");
  log_->Reached(partition, 1);
  EXPECT_FALSE(answer.IsThere());
  log_->Reached(partition, 2);
  EXPECT_TRUE(answer.status.get().ok());
  EXPECT_EQ(log_->stats().waits.bytes, 0);
}

TEST_F(PushLogTest, WhatIsWrittenAndNotReadInTimeIsUnavailable) {
  settings_.delivery_timeout_ms = 1'500;
  Open();
  Answer answer;

  ASSERT_TRUE(Push(Records({"a"}), answer).ok());

  const absl::Status status = answer.status.get();
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("it is in the push log of source 'payments', and was "
                        "not read from there: not within 1500 ms"));
  EXPECT_EQ(log_->stats().waits.unread, 1);
}

TEST_F(PushLogTest, WhileKafkaIsAwayPushesEndAfterABoundedTime) {
  settings_.delivery_timeout_ms = 700;
  Open();
  rd_kafka_mock_broker_set_down(cluster_.mock(), -1);
  Answer answer;
  const auto begin = std::chrono::steady_clock::now();

  ASSERT_TRUE(Push(Records({"a"}), answer).ok());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(500));

  const absl::Status status = answer.status.get();
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("has not acknowledged it"));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("it may be in the log all the same"));
  EXPECT_GE(took, milliseconds(600));
  EXPECT_LT(took, seconds(10));
  EXPECT_EQ(log_->stats().waits.unwritten, 1);
}

TEST_F(PushLogTest, WhatWaitsForABrokerIsWrittenWhenItComesBack) {
  Open();
  rd_kafka_mock_broker_set_down(cluster_.mock(), -1);
  Answer first, second;
  ASSERT_TRUE(Push(Records({"a"}), first).ok());
  ASSERT_TRUE(Push(Records({"b", "c"}), second).ok());

  rd_kafka_mock_broker_set_up(cluster_.mock(), -1);

  EXPECT_THAT(ReadBack(3).Values("log", ReadBack(3).records[0].partition),
              ElementsAre("a", "b", "c"));
  ReachAll(3);
  EXPECT_TRUE(first.status.get().ok());
  EXPECT_TRUE(second.status.get().ok());
}

TEST_F(PushLogTest, WhatABrokerRefusesIsUnavailableAndSaysWhy) {
  Open();
  rd_kafka_mock_push_request_errors(
      cluster_.mock(), kProduceRequest, 1,
      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  Answer answer;

  ASSERT_TRUE(Push(Records({"a"}), answer).ok());

  const absl::Status status = answer.status.get();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("TOPIC_AUTHORIZATION_FAILED"));
  EXPECT_EQ(log_->stats().waits.unwritten, 1);
}

TEST_F(PushLogTest, SettingsThatDoNotWorkAreSaidToWhoPushes) {
  settings_.security = KafkaSecurity::kSaslPlaintext;
  settings_.user = "freshet";
  settings_.password = {.env = "FRESHET_TEST_NOT_SET", .file = ""};
  Open();
  for (int i = 0; i < 2; ++i) {
    Answer answer;
    ASSERT_TRUE(Push(Records({"a"}), answer).ok());
    const absl::Status status = answer.status.get();
    EXPECT_TRUE(absl::IsUnavailable(status));
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("FRESHET_TEST_NOT_SET"));
  }
}

TEST_F(PushLogTest, SoManyBytesWaitAndNoMore) {
  settings_.queue_bytes_max = 1 << 20;
  settings_.delivery_timeout_ms = 1'000;
  Open();
  rd_kafka_mock_broker_set_down(cluster_.mock(), -1);
  const std::string large(400'000, 'x');
  Answer one, two, three, whole;
  ASSERT_TRUE(Push(Records({large}), one).ok());
  ASSERT_TRUE(Push(Records({large}), two).ok());

  EXPECT_TRUE(absl::IsResourceExhausted(Push(Records({large}), three)));
  const absl::Status never = Push(Records({large, large, large}), whole);
  EXPECT_TRUE(absl::IsInvalidArgument(never));
  EXPECT_THAT(std::string(never.message()), HasSubstr("at most 1048576 come"));
  EXPECT_FALSE(three.IsThere());

  // There is room again once Kafka has given them up.
  EXPECT_TRUE(absl::IsUnavailable(one.status.get()));
  EXPECT_TRUE(absl::IsUnavailable(two.status.get()));
  const auto until = std::chrono::steady_clock::now() + seconds(20);
  while (log_->stats().waits.bytes > 0 &&
         std::chrono::steady_clock::now() < until) {
    std::this_thread::yield();
  }
  EXPECT_TRUE(Push(Records({large}), three).ok());
}

TEST_F(PushLogTest, Rule21AGapEndsWhatWaitsAndRefusesWhatComes) {
  Open();
  Answer waits, refused, later;
  ASSERT_TRUE(Push(Records({"a"}), waits).ok());
  ReadBack(1);

  log_->SetReading(DataLoss("STREAM_GAP: offsets 3 to 5 are gone"));

  EXPECT_TRUE(absl::IsUnavailable(waits.status.get()));
  const absl::Status status = Push(Records({"b"}), refused);
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("nothing was taken, for the push log of source "
                        "'payments' is not read: STREAM_GAP: offsets 3"));
  EXPECT_EQ(log_->stats().refused, 1);

  log_->SetReading(absl::OkStatus());
  ASSERT_TRUE(Push(Records({"c"}), later).ok());
  EXPECT_THAT(ReadBack(2).records[1].value, "c");
  EXPECT_FALSE(later.IsThere());
  ReachAll(2);
  EXPECT_TRUE(later.status.get().ok());
}

TEST_F(PushLogTest, WhileBrokersAreSilentNothingIsTakenAndWhatWaitsGoesOn) {
  Open();
  Answer waits, refused;
  ASSERT_TRUE(Push(Records({"a"}), waits).ok());
  ReadBack(1);

  log_->SetReading(Unavailable("no broker answers"));

  EXPECT_TRUE(absl::IsUnavailable(Push(Records({"b"}), refused)));
  EXPECT_FALSE(waits.IsThere());
  ReachAll(1);
  EXPECT_TRUE(waits.status.get().ok());
}

TEST_F(PushLogTest, WhereNobodyReadsWrittenIsAcknowledged) {
  Open();
  log_->SetUnread();
  Answer answer;
  ASSERT_TRUE(Push(Records({"a"}), answer).ok());
  EXPECT_TRUE(answer.status.get().ok());
  EXPECT_THAT(ReadBack(1).records[0].value, "a");
}

TEST_F(PushLogTest, ACallThatIsCalledOffIsAnsweredAtOnce) {
  Open();
  rd_kafka_mock_broker_set_down(cluster_.mock(), -1);
  const int one = 1, other = 2;
  Answer mine, others;
  ASSERT_TRUE(Push(Records({"a"}), mine, &one).ok());
  ASSERT_TRUE(Push(Records({"b"}), others, &other).ok());

  PushWaits::Answers answers = log_->CallOff(&one);

  ASSERT_EQ(answers.size(), 1U);
  EXPECT_TRUE(absl::IsCancelled(answers[0].status));
  EXPECT_TRUE(log_->CallOff(&one).empty());
  EXPECT_FALSE(others.IsThere());
}

TEST_F(PushLogTest, ItsEndAnswersAllAndIsSoon) {
  Open();
  rd_kafka_mock_broker_set_down(cluster_.mock(), -1);
  std::vector<Answer> answers(50);
  for (Answer& answer : answers) {
    ASSERT_TRUE(Push(Records({"a", "b"}), answer).ok());
  }
  const auto begin = std::chrono::steady_clock::now();

  log_.reset();

  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(10));
  for (Answer& answer : answers) {
    const absl::Status status = answer.status.get();
    EXPECT_TRUE(absl::IsUnavailable(status));
    EXPECT_THAT(std::string(status.message()), HasSubstr("it is closed"));
  }
}

TEST_F(PushLogTest, AFatalErrorOfTheProducerEndsItsPushesAndTheNextOneGoesOn) {
  Open();
  log_->SetUnread();
  Answer before, lost, after;
  ASSERT_TRUE(Push(Records({"a"}), before).ok());
  ASSERT_TRUE(before.status.get().ok());
  rd_kafka_mock_push_request_errors(
      cluster_.mock(), kProduceRequest, 1,
      RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);

  ASSERT_TRUE(Push(Records({"b"}), lost).ok());
  EXPECT_TRUE(absl::IsUnavailable(lost.status.get()));
  ASSERT_TRUE(Push(Records({"c"}), after).ok());
  EXPECT_TRUE(after.status.get().ok());
  const Reading reading = ReadBack(2);
  EXPECT_THAT(reading.Values("log", reading.records[0].partition),
              ElementsAre("a", "c"));
}

}  // namespace
}  // namespace freshet
