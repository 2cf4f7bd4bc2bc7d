// SPDX-License-Identifier: Apache-2.0
#include "ingest/feed/seeks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/ingest/mock_cluster.h"
#include "tests/ingest/reading.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using Event = KafkaEvent::Kind;

using Partitions = std::vector<Seeks::Partition>;

// Of topics `a` and `b`: the second of `a` is read, the others are stopped.
SourceState ThreePartitions() {
  SourceState state;
  state.source = "clicks";
  for (const auto& [topic, partition] :
       Partitions{{"a", 0}, {"a", 1}, {"b", 0}}) {
    KafkaPartitionState& at = state.partitions.emplace_back().at;
    at.topic = topic;
    at.partition = partition;
    at.position = 5;
    at.stopped = topic == "b" || partition == 0;
  }
  return state;
}

TEST(AskedSeeksTest, Rule22OnlyWhatIsStoppedGoesOnFromTheEarliest) {
  Seeks seeks;
  const SourceState state = ThreePartitions();
  const auto one = seeks.Ask(
      {.partitions = {{"a", 1}}, .start = KafkaStart::Earliest()}, state);
  EXPECT_TRUE(absl::IsFailedPrecondition(one.status())) << one.status();
  EXPECT_FALSE(seeks.IsAsked());

  const auto all = seeks.Ask({.start = KafkaStart::Earliest()}, state);

  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(*all, (Partitions{{"a", 0}, {"b", 0}}));
  EXPECT_TRUE(seeks.IsAsked());
}

TEST(AskedSeeksTest, Rule22ElsewhereGoThoseThatAreNamedOrAll) {
  Seeks seeks;
  const SourceState state = ThreePartitions();
  const auto none = seeks.Ask(
      {.partitions = {{"a", 1}, {"b", 7}}, .start = KafkaStart::Latest()},
      state);
  EXPECT_TRUE(absl::IsNotFound(none.status()));
  EXPECT_EQ(none.status().message(),
            "source 'clicks' does not read partition 7 of topic 'b'");
  EXPECT_FALSE(seeks.IsAsked());
  EXPECT_EQ(
      *seeks.Ask({.partitions = {{"a", 1}}, .start = KafkaStart::Latest()},
                 state),
      (Partitions{{"a", 1}}));
  EXPECT_EQ(*seeks.Ask({.start = KafkaStart::Latest()}, state),
            (Partitions{{"a", 0}, {"a", 1}, {"b", 0}}));
}

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

TEST_F(SeeksTest,
       Rule22OfAPartitionThatIsReadItIsSaidWhetherRecordsArePassedOver) {
  Ask(KafkaStart::Earliest());
  EXPECT_EQ(Began(1), Seeks::Begins::kForward);
  ASSERT_TRUE(reading_.UntilRecords(*reader_, 3));
  positions_[{"clicks", 0}] = {.topic = "clicks", .next = 3};
  stale_.partitions[0].at = reader_->Partitions()[0];
  ASSERT_FALSE(stale_.partitions[0].at.stopped);

  Ask(KafkaStart::Offset(3));
  EXPECT_EQ(Began(2), Seeks::Begins::kThere);
  cluster_.AppendNumbers("clicks", 0, 3, 2);
  Ask(KafkaStart::Offset(4));
  EXPECT_EQ(Began(3), Seeks::Begins::kForward);
  // What nobody asked for is no seek.
  EXPECT_EQ(seeks_.Settle(reading_.Events(Event::kStarted)[2]),
            Seeks::Begins::kUnasked);
}

TEST_F(SeeksTest, Rule22ElsewhereAgainDoesNotGoBack) {
  Ask(KafkaStart::Offset(0));
  EXPECT_EQ(Began(1), Seeks::Begins::kForward);
  ASSERT_TRUE(reading_.UntilRecords(*reader_, 3));
  positions_[{"clicks", 0}] = {.topic = "clicks", .next = 3};

  Ask(KafkaStart::Offset(0));

  EXPECT_EQ(Began(2), Seeks::Begins::kBack);
  seeks_.Restart(*reader_, positions_);  // To where it was, which is no seek.
  EXPECT_EQ(Began(3), Seeks::Begins::kUnasked);
}

}  // namespace
}  // namespace freshet
