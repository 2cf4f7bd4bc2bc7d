// SPDX-License-Identifier: Apache-2.0
#include "ingest/push_log/push_waits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace freshet {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

class PushWaitsTest : public testing::Test {
 protected:
  // Answers with its name.
  uint64_t Add(const std::string& name, const void* caller = nullptr) {
    deadline_ += seconds(1);
    return waits_.Add({.caller = caller,
                       .done =
                           [this, name](const absl::Status& status) {
                             told_.push_back(name + " " +
                                             std::string(status.message()));
                           },
                       .bytes = 10,
                       .deadline = deadline_});
  }
  // What was answered by now.
  std::vector<std::string> Told() {
    for (PushWaits::Answer& answer : answers_) answer.done(answer.status);
    answers_.clear();
    return std::exchange(told_, {});
  }
  void Written(uint64_t number, const PushWaits::Ends& ends) {
    waits_.Written(number, ends, answers_);
  }
  void Reached(int32_t partition, int64_t next) {
    waits_.Reached(partition, next, answers_);
  }
  void GiveUpUntil(PushWaits::Instant until) {
    waits_.GiveUp(until, reasons_, answers_);
  }

  PushWaits waits_;
  PushWaits::Answers answers_;
  PushWaits::Instant deadline_;
  const PushWaits::Reasons reasons_ = {.unwritten = Unavailable("unwritten"),
                                       .unread = Unavailable("unread")};
  std::vector<std::string> told_;
};

TEST_F(PushWaitsTest, Rule18APushIsAnsweredOnceAllOfItIsRead) {
  const uint64_t a = Add("a"), b = Add("b");
  Written(a, {{0, 5}, {2, 1}});
  Reached(0, 4);
  Reached(2, 1);
  Reached(1, 100);
  EXPECT_THAT(Told(), IsEmpty());
  Written(b, {{0, 6}});
  Reached(0, 5);
  EXPECT_THAT(Told(), ElementsAre("a "));
  Reached(0, 9);
  EXPECT_THAT(Told(), ElementsAre("b "));
  EXPECT_EQ(waits_.stats().bytes, 0);
  EXPECT_EQ(waits_.stats().pushes, 0);
}

TEST_F(PushWaitsTest, WhatWasReadBeforeItsOutcomeCameIsAnsweredWithIt) {
  const uint64_t a = Add("a"), b = Add("b");
  Reached(0, 5);
  Written(a, {{0, 5}});
  EXPECT_THAT(Told(), ElementsAre("a "));
  Written(b, {{0, 6}});
  EXPECT_THAT(Told(), IsEmpty());
  Reached(0, 6);
  EXPECT_THAT(Told(), ElementsAre("b "));
}

TEST_F(PushWaitsTest, WhatIsLateIsGivenUpAndSaysHowFarItCame) {
  const uint64_t a = Add("a"), b = Add("b");
  Add("c");
  ASSERT_EQ(waits_.deadline(), PushWaits::Instant() + seconds(1));
  Written(b, {{0, 6}});
  GiveUpUntil(PushWaits::Instant() + seconds(2));
  EXPECT_THAT(Told(), ElementsAre("a unwritten", "b unread"));
  EXPECT_EQ(waits_.deadline(), deadline_);
  EXPECT_FALSE(waits_.IsOpen(a));
  EXPECT_EQ(waits_.stats().unwritten, 1);
  EXPECT_EQ(waits_.stats().unread, 1);
  // What Kafka may still have counts until it says what became of it.
  EXPECT_EQ(waits_.stats().bytes, 20);
  Written(a, {{0, 5}});
  EXPECT_EQ(waits_.stats().bytes, 10);
  // Nobody waits any more for what is read now.
  Reached(0, 9);
  EXPECT_THAT(Told(), IsEmpty());
  EXPECT_EQ(waits_.stats().pushes, 1);
}

TEST_F(PushWaitsTest, WhatKafkaRefusesIsAnsweredSo) {
  const uint64_t a = Add("a"), b = Add("b");
  waits_.NotWritten(a, Unavailable("no"), answers_);
  EXPECT_THAT(Told(), ElementsAre("a no"));
  waits_.GiveUpOf(nullptr, Cancelled("gone"), answers_);
  waits_.NotWritten(b, Unavailable("no"), answers_);
  EXPECT_THAT(Told(), ElementsAre("b gone"));
  EXPECT_EQ(waits_.stats().unwritten, 1);
  EXPECT_EQ(waits_.stats().bytes, 0);
}

TEST_F(PushWaitsTest, ACallerThatGoesTakesItsOwnWithIt) {
  const int one = 1, other = 2;
  const uint64_t a = Add("a", &one), b = Add("b", &other);
  Add("c", &one);
  Written(a, {{0, 5}});
  waits_.GiveUpOf(&one, Cancelled("gone"), answers_);
  EXPECT_THAT(Told(), ElementsAre("a gone", "c gone"));
  EXPECT_TRUE(waits_.IsOpen(b));
  EXPECT_EQ(waits_.stats().bytes, 20);
  // It is no failure of the log.
  EXPECT_EQ(waits_.stats().unread + waits_.stats().unwritten, 0);
}

TEST_F(PushWaitsTest, WhereNobodyReadsWrittenIsEnough) {
  const uint64_t a = Add("a"), b = Add("b"), c = Add("c");
  Written(a, {{0, 5}});
  waits_.SetRead(false, answers_);
  EXPECT_THAT(Told(), ElementsAre("a "));
  Written(b, {{0, 6}});
  EXPECT_THAT(Told(), ElementsAre("b "));
  waits_.SetRead(true, answers_);
  Written(c, {{0, 7}});
  EXPECT_THAT(Told(), IsEmpty());
  Reached(0, 7);
  EXPECT_THAT(Told(), ElementsAre("c "));
}

TEST_F(PushWaitsTest, OfALogThatBeginsAnewNothingIsReadYet) {
  Reached(0, 100);
  waits_.SetRead(true, answers_);
  const uint64_t a = Add("a");
  Written(a, {{0, 5}});
  EXPECT_THAT(Told(), IsEmpty());
  Reached(0, 5);
  EXPECT_THAT(Told(), ElementsAre("a "));
}

}  // namespace
}  // namespace freshet
