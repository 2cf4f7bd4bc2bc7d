// SPDX-License-Identifier: Apache-2.0
#include "ingest/feed/seeks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ingest/mock_cluster.h"
#include "tests/ingest/reading.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using Event = KafkaEvent::Kind;

// A partition that another log than the one that was read stopped, as its
// operators know it also a moment after it goes on.
class SeeksTest : public testing::Test {
 protected:
  SeeksTest() {
    cluster_.CreateTopic("clicks", 1);
    cluster_.AppendNumbers("clicks", 0, 0, 3);
    reader_ = OpenReader(
        cluster_.Settings(),
        {{.topic = "clicks", .partitions = {{0, KafkaStart::After({9, 1})}}}});
    EXPECT_TRUE(reading_.UntilEvent(*reader_, Event::kChanged));
    stale_.source = "clicks";
    for (const KafkaPartitionState& at : reader_->Partitions()) {
      stale_.partitions.emplace_back().at = at;
    }
  }

  void Ask(const KafkaStart& start) {
    ASSERT_TRUE(seeks_.Ask({.start = start}, stale_).ok());
    seeks_.Restart(*reader_, positions_);
  }
  // Until the partition began for the n-th time; what Settle says of it.
  Seeks::Begins Began(size_t n) {
    EXPECT_TRUE(reading_.Until(*reader_, [n](const Reading& reading) {
      return reading.Events(Event::kStarted).size() >= n;
    }));
    return seeks_.Settle(reading_.Events(Event::kStarted)[n - 1]);
  }

  MockCluster cluster_;
  std::unique_ptr<KafkaReader> reader_;
  Reading reading_;
  SourceState stale_;
  Seeks seeks_;
  Seeks::Positions positions_;
};

TEST_F(SeeksTest, Rule22EarliestAgainReadsNothingTwice) {
  Ask(KafkaStart::Earliest());
  Ask(KafkaStart::Earliest());  // Before it began.
  EXPECT_EQ(Began(1), Seeks::Begins::kForward);
  ASSERT_TRUE(reading_.UntilRecords(*reader_, 3));

  Ask(KafkaStart::Earliest());

  cluster_.AppendNumbers("clicks", 0, 3, 1);
  ASSERT_TRUE(reading_.UntilRecords(*reader_, 4));
  EXPECT_THAT(reading_.Offsets("clicks", 0), ElementsAre(0, 1, 2, 3));
}

TEST_F(SeeksTest, Rule22ElsewhereAgainDoesNotGoBack) {
  Ask(KafkaStart::Offset(0));
  EXPECT_EQ(Began(1), Seeks::Begins::kForward);
  ASSERT_TRUE(reading_.UntilRecords(*reader_, 3));
  positions_[{"clicks", 0}] = {.topic = "clicks", .next = 3};

  Ask(KafkaStart::Offset(0));

  EXPECT_EQ(Began(2), Seeks::Begins::kBack);
}

}  // namespace
}  // namespace freshet
