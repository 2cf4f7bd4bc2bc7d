// SPDX-License-Identifier: Apache-2.0
#include "ingest/kafka/reading/placement.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

using Event = KafkaEvent::Kind;

constexpr LogRange kLog{.first = 10, .end = 20, .at_time = 15};

KafkaStart After(int64_t offset) { return KafkaStart::After({offset, 1}); }

void Expect(const KafkaStart& start, Event kind, int64_t wanted,
            int64_t fetch) {
  const Placement placement = Place(start, kLog);
  EXPECT_EQ(placement.kind, kind) << "wanted " << wanted;
  EXPECT_EQ(placement.wanted, wanted);
  EXPECT_EQ(placement.fetch, fetch) << "wanted " << wanted;
}

TEST(PlacementTest, NamedPlacesAreTheLogs) {
  Expect(KafkaStart::Earliest(), Event::kStarted, 10, 10);
  Expect(KafkaStart::Latest(), Event::kStarted, 20, 20);
  Expect(KafkaStart::Time(1), Event::kStarted, 15, 15);
}

TEST(PlacementTest, AnOffsetMustBeInTheLogOrAtItsEnd) {
  Expect(KafkaStart::Offset(9), Event::kGap, 9, -1);
  Expect(KafkaStart::Offset(10), Event::kStarted, 10, 10);
  Expect(KafkaStart::Offset(20), Event::kStarted, 20, 20);
  Expect(KafkaStart::Offset(21), Event::kChanged, 21, -1);
}

TEST(PlacementTest, AStoredRecordIsReadAgainWhereTheLogHasIt) {
  Expect(After(10), Event::kVerified, 11, 10);
  Expect(After(19), Event::kVerified, 20, 19);
}

TEST(PlacementTest, AStoredRecordAtTheEndOrBeyondIsAnotherLogs) {
  Expect(After(20), Event::kChanged, 21, -1);
  Expect(After(21), Event::kChanged, 22, -1);
}

TEST(PlacementTest, NothingIsLostWhereTheLogBeginsAtTheNextRecord) {
  Expect(After(9), Event::kUnverified, 10, 10);
  Expect(After(8), Event::kGap, 9, -1);
}

TEST(PlacementTest, MarksOfTransactionsThatWerePassedAreNothingThatIsLost) {
  const auto after = [](int64_t offset, int64_t next) {
    return KafkaStart::After({offset, 1}, next);
  };
  // The record and the marks behind it are gone, or the record alone.
  Expect(after(7, 10), Event::kUnverified, 10, 10);
  Expect(after(8, 12), Event::kUnverified, 12, 12);
  Expect(after(7, 9), Event::kGap, 9, -1);
  // They are there.
  Expect(after(12, 14), Event::kVerified, 14, 12);
  Expect(after(18, 20), Event::kVerified, 20, 18);
  Expect(after(18, 21), Event::kChanged, 21, -1);
}

}  // namespace
}  // namespace freshet
