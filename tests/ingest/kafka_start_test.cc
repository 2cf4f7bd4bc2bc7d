// SPDX-License-Identifier: Apache-2.0
// Where reading begins, and what is said when what was stored of an earlier
// run does not fit the log.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "ingest/kafka/kafka_reader.h"
#include "tests/ingest/mock_cluster.h"
#include "tests/ingest/reading.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Event = KafkaEvent::Kind;

class KafkaStartTest : public testing::Test {
 protected:
  void SetUp() override { cluster_.CreateTopic("clicks", 2); }

  std::unique_ptr<KafkaReader> Open(std::map<int32_t, KafkaStart> partitions) {
    return OpenReader(
        cluster_.Settings(),
        {{.topic = "clicks", .partitions = std::move(partitions)}});
  }

  // What a run that read everything stored of partition 0.
  LastRecord ReadAll(size_t count) {
    auto reader = OpenReader(cluster_.Settings(), {{.topic = "clicks"}});
    Reading reading;
    EXPECT_TRUE(reading.UntilRecords(*reader, count));
    return reading.Last("clicks", 0);
  }

  MockCluster cluster_;
};

TEST_F(KafkaStartTest, LatestBeginsWithWhatComesLater) {
  cluster_.AppendNumbers("clicks", 0, 0, 3);
  auto reader =
      OpenReader(cluster_.Settings(),
                 {{.topic = "clicks", .fresh = KafkaStart::Latest()}});
  Reading reading;
  ASSERT_TRUE(reading.Until(*reader, [](const Reading& r) {
    return r.Events(Event::kStarted).size() == 2;
  }));
  cluster_.AppendNumbers("clicks", 0, 3, 1);

  ASSERT_TRUE(reading.UntilRecords(*reader, 1));
  EXPECT_THAT(reading.Offsets("clicks", 0), ElementsAre(3));
}

TEST_F(KafkaStartTest, AnOffsetIsTakenAsItIs) {
  cluster_.AppendNumbers("clicks", 0, 0, 5);
  auto reader = Open({{0, KafkaStart::Offset(3)}, {1, KafkaStart::Offset(0)}});
  Reading reading;
  ASSERT_TRUE(reading.UntilRecords(*reader, 2));
  EXPECT_THAT(reading.Offsets("clicks", 0), ElementsAre(3, 4));
}

TEST_F(KafkaStartTest, TheSameRecordIsVerifiedAndNotGivenAgain) {
  cluster_.AppendNumbers("clicks", 0, 0, 3);
  const LastRecord last = ReadAll(3);
  ASSERT_EQ(last.offset, 2);
  cluster_.AppendNumbers("clicks", 0, 3, 2);

  auto reader = Open({{0, KafkaStart::After(last)}});
  Reading reading;
  ASSERT_TRUE(reading.UntilRecords(*reader, 2));

  EXPECT_THAT(reading.Offsets("clicks", 0), ElementsAre(3, 4));
  ASSERT_THAT(reading.Events(Event::kVerified), SizeIs(1));
  EXPECT_EQ(reading.Events(Event::kVerified)[0].wanted, 3);
}

TEST_F(KafkaStartTest, ItIsVerifiedAlsoWhenNothingCameSince) {
  cluster_.AppendNumbers("clicks", 0, 0, 3);
  const LastRecord last = ReadAll(3);

  auto reader = Open({{0, KafkaStart::After(last)}});
  Reading reading;
  ASSERT_TRUE(reading.UntilEvent(*reader, Event::kVerified));

  EXPECT_THAT(reading.records, IsEmpty());
  EXPECT_EQ(reader->Partitions()[0].lag, 0);
}

TEST_F(KafkaStartTest, APartitionThatIsNotStoredIsNewAndReadWhole) {
  cluster_.AppendNumbers("clicks", 0, 0, 3);
  cluster_.AppendNumbers("clicks", 1, 10, 2);
  auto reader = OpenReader(cluster_.Settings(),
                           {{.topic = "clicks",
                             .fresh = KafkaStart::Latest(),
                             .partitions = {{0, KafkaStart::Offset(3)}}}});
  Reading reading;
  ASSERT_TRUE(reading.UntilRecords(*reader, 2));

  EXPECT_THAT(reading.Values("clicks", 1), ElementsAre("10", "11"));
  ASSERT_THAT(reading.Events(Event::kAppeared), SizeIs(1));
  EXPECT_EQ(reading.Events(Event::kAppeared)[0].partition, 1);
}

TEST_F(KafkaStartTest, AStoredPartitionThatTheTopicLacksIsMissing) {
  auto reader = Open({{0, KafkaStart::Earliest()},
                      {5, KafkaStart::After({.offset = 7, .hash = 1})}});
  Reading reading;
  ASSERT_TRUE(reading.UntilEvent(*reader, Event::kMissing));
  EXPECT_EQ(reading.Events(Event::kMissing)[0].partition, 5);
}

TEST_F(KafkaStartTest, AnotherRecordThereStopsThatPartitionAlone) {
  cluster_.AppendNumbers("clicks", 0, 0, 3);
  LastRecord last = ReadAll(3);
  cluster_.AppendNumbers("clicks", 0, 3, 2);
  cluster_.AppendNumbers("clicks", 1, 10, 2);
  last.hash ^= 1;

  auto reader = Open({{0, KafkaStart::After(last)}});
  Reading reading;
  ASSERT_TRUE(reading.UntilRecords(*reader, 2));
  ASSERT_TRUE(reading.UntilEvent(*reader, Event::kChanged));

  EXPECT_THAT(reading.Values("clicks", 0), IsEmpty());
  EXPECT_THAT(reading.Values("clicks", 1), ElementsAre("10", "11"));
  const KafkaEvent changed = reading.Events(Event::kChanged)[0];
  EXPECT_EQ(changed.partition, 0);
  EXPECT_EQ(changed.wanted, 3);
  EXPECT_EQ(changed.end, 5);
  EXPECT_THAT(Describe(changed), HasSubstr("offset 3 is wanted"));
  EXPECT_TRUE(reader->Partitions()[0].stopped);

  ASSERT_TRUE(reader->Restart("clicks", 0, KafkaStart::Earliest()).ok());
  ASSERT_TRUE(reading.UntilRecords(*reader, 7));
  EXPECT_THAT(reading.Offsets("clicks", 0), ElementsAre(0, 1, 2, 3, 4));
}

TEST_F(KafkaStartTest, AnOffsetBeyondTheEndIsAnotherLog) {
  cluster_.AppendNumbers("clicks", 0, 0, 3);
  auto reader = Open({{0, KafkaStart::After({.offset = 3, .hash = 1})},
                      {1, KafkaStart::Offset(1)}});
  Reading reading;
  ASSERT_TRUE(reading.Until(*reader, [](const Reading& r) {
    return r.Events(Event::kChanged).size() == 2;
  }));
  EXPECT_EQ(reading.Events(Event::kChanged)[0].wanted, 4);
  EXPECT_EQ(reading.Events(Event::kChanged)[0].end, 3);
  EXPECT_EQ(reading.Events(Event::kChanged)[1].wanted, 1);
}

TEST_F(KafkaStartTest, Rule21WhatRetentionTookIsAGap) {
  cluster_.AppendNumbers("clicks", 0, 0, 3);
  const LastRecord last = ReadAll(3);
  const int large = cluster_.Overflow("clicks", 0);

  auto reader = Open({{0, KafkaStart::After(last)}});
  Reading reading;
  ASSERT_TRUE(reading.UntilEvent(*reader, Event::kGap));

  const KafkaEvent gap = reading.Events(Event::kGap)[0];
  EXPECT_EQ(gap.wanted, 3);
  EXPECT_GT(gap.first, 3);
  EXPECT_EQ(gap.end, 3 + large);
  EXPECT_THAT(reading.records, IsEmpty());
  EXPECT_THAT(Describe(gap), HasSubstr("offset 3 is wanted"));

  ASSERT_TRUE(reader->Restart("clicks", 0, KafkaStart::Earliest()).ok());
  ASSERT_TRUE(
      reading.UntilRecords(*reader, static_cast<size_t>(gap.end - gap.first)));
  EXPECT_EQ(reading.Offsets("clicks", 0).front(), gap.first);
}

TEST_F(KafkaStartTest, Rule21RetentionThatOvertakesAReaderIsAGap) {
  cluster_.AppendNumbers("clicks", 0, 0, 3);
  auto reader = OpenReader(cluster_.Settings(), {{.topic = "clicks"}});
  Reading reading;
  ASSERT_TRUE(reading.UntilRecords(*reader, 3));

  reader->Pause();
  cluster_.Overflow("clicks", 0);
  reader->Resume();

  ASSERT_TRUE(reading.UntilEvent(*reader, Event::kGap));
  EXPECT_EQ(reading.Events(Event::kGap)[0].wanted, 3);
  EXPECT_THAT(reading.records, SizeIs(3));
}

}  // namespace
}  // namespace freshet
