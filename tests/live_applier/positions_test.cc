// SPDX-License-Identifier: Apache-2.0
// How far topics have been read, beside what was made of what was read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/failpoint.h"
#include "features/key_codec.h"
#include "ingest/change_log/source_positions.h"
#include "tests/live_applier/live_kit.h"

namespace freshet {
namespace {

using enum AggregateFunction;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr int64_t kNow = 16'000 * kDay;

PartitionPosition At(int32_t partition, int64_t last) {
  return {.topic = "paid",
          .partition = partition,
          .next = last + 1,
          .last = PartitionPosition::Last{.offset = last,
                                          .hash = static_cast<uint64_t>(last)}};
}

class PositionsTest : public testing::Test {
 protected:
  void SetUp() override {
    kit_.AddView({.name = "user_payments",
                  .source = "payments",
                  .aggregations = {{.functions = {{.function = kCount}},
                                    .windows_micros = {kHour}}}});
  }
  void TearDown() override { ASSERT_TRUE(ArmFailpoints("").ok()); }

  absl::Status Read(const std::vector<Payment>& payments,
                    const PartitionPosition& position) {
    std::vector<LoggedEvents> batches;
    batches.push_back(PaymentEvents(payments, kNow, position.next));
    batches.back().positions = {position};
    return kit_.applier().Append(std::move(batches));
  }

  std::vector<PartitionPosition> Positions() {
    return kit_.applier().positions("payments");
  }
  Value Count() const { return kit_.Feature("count_1h", "ann", kNow); }

  LiveKit kit_;
  const std::vector<Payment> one_ = {{.at = kNow - kMinute}};
};

TEST_F(PositionsTest, TheLastOfEachPartitionIsKept) {
  ASSERT_TRUE(Read(one_, At(0, 4)).ok());
  ASSERT_TRUE(Read(one_, At(1, 2)).ok());
  ASSERT_TRUE(Read({}, At(0, 9)).ok());

  EXPECT_THAT(Positions(), ElementsAre(At(0, 9), At(1, 2)));
  EXPECT_THAT(kit_.applier().positions("clicks"), IsEmpty());
}

TEST_F(PositionsTest, Rule21TheyAreOfTheSameMomentAsTheTiles) {
  ASSERT_TRUE(Read(one_, At(0, 1)).ok());
  ASSERT_TRUE(kit_.store().Flush().ok());
  ASSERT_TRUE(Read(one_, At(0, 2)).ok());
  ASSERT_TRUE(ArmFailpoints("live.before_apply=error").ok());
  ASSERT_FALSE(Read(one_, At(0, 3)).ok());  // Is on disk.
  ASSERT_TRUE(ArmFailpoints("").ok());

  kit_.Crash();

  EXPECT_THAT(Positions(), ElementsAre(At(0, 3)));
  EXPECT_EQ(Count(), Value(int64_t{3}));
}

TEST_F(PositionsTest, TheySurviveTheTrimmingOfTheLog) {
  ASSERT_TRUE(Read(one_, At(0, 1)).ok());
  const PartitionPosition untouched = {.topic = "paid", .partition = 1};
  ASSERT_TRUE(Read({}, untouched).ok());
  ASSERT_TRUE(kit_.store().Flush().ok());
  ASSERT_TRUE(kit_.log().Trim(kit_.log().next()).ok());

  kit_.Crash();

  EXPECT_THAT(Positions(), ElementsAre(At(0, 1), untouched));
}

TEST_F(PositionsTest, OfASourceThatIsGoneTheyAreForgotten) {
  ASSERT_TRUE(Read(one_, At(0, 1)).ok());
  ASSERT_TRUE(kit_.store().Flush().ok());
  ASSERT_TRUE(kit_.applier().KeepPositions({"payments"}, kNow).ok());
  ASSERT_THAT(Positions(), ElementsAre(At(0, 1)));

  ASSERT_TRUE(kit_.applier().KeepPositions({"clicks"}, kNow).ok());

  EXPECT_THAT(Positions(), IsEmpty());
  kit_.Crash();
  EXPECT_THAT(Positions(), IsEmpty());
  // Nor once the log does not say it any more.
  ASSERT_TRUE(kit_.store().Flush().ok());
  ASSERT_TRUE(kit_.log().Trim(kit_.log().next()).ok());
  kit_.Crash();
  EXPECT_THAT(Positions(), IsEmpty());
  EXPECT_EQ(Count(), Value(int64_t{1}));
}

// Half of what was read would be read again.
TEST(SourcePositionsTest, WhatIsNoPositionIsRefused) {
  const TempDir dir;
  StoreResources resources(8 << 20);
  auto store = LiveStore::Open(dir.path() + "/live", {}, resources);
  ASSERT_TRUE(store.ok()) << store.status();
  const auto kept = (*store)->Add(7);
  ASSERT_TRUE(kept.ok()) << kept.status();
  std::string key;
  AppendKeyBytes("clicks", /*last=*/false, &key);
  AppendKeyBytes("topic", /*last=*/false, &key);
  AppendKeyInt64(3, &key);
  const std::string eight(8, '\x07');
  const auto opened = [&](const std::string& value) {
    LiveBatch batch;
    batch.Put(**kept, key, value);
    EXPECT_TRUE((*store)->Apply(batch, (*store)->applied() + 1).ok());
    return SourcePositions::Open(*kept);
  };
  for (const std::string& value :
       {std::string(), "\x01" + eight.substr(1), "\x02" + eight,
        "\x01" + eight + eight, "\x01" + eight + eight + eight + "x"}) {
    EXPECT_TRUE(absl::IsDataLoss(opened(value).status())) << value.size();
  }
  const auto whole = opened("\x01" + eight + eight + eight);
  ASSERT_TRUE(whole.ok()) << whole.status();
  ASSERT_THAT(whole->Of("clicks"), testing::SizeIs(1));
  EXPECT_EQ(whole->Of("clicks")[0].partition, 3);
}

TEST_F(PositionsTest, Rule19AnIdIsKnownAlsoWhereNothingWasReadForLong) {
  StreamSource source = Payments();
  source.id_field = "id";
  source.deduplicate_micros = 10 * kMinute;
  kit_.AddView({.name = "once",
                .source = "payments",
                .aggregations = {{.functions = {{.function = kCount}},
                                  .windows_micros = {kDay}}}},
               source);
  int64_t now = kNow;
  int64_t offset = 0;
  const auto read = [&](const std::vector<Payment>& payments) {
    std::vector<LoggedEvents> batches;
    batches.push_back(PaymentEvents(payments, now, ++offset));
    batches.back().positions = {At(0, offset)};
    ASSERT_TRUE(kit_.applier().Append(std::move(batches)).ok());
  };
  const auto count = [&] { return kit_.Feature("count_1d", "ann", now); };
  const std::vector<Payment> again = {{.at = kNow - kMinute, .id = 7}};
  read(again);

  // The daemon is away, and comes back by a crash in the middle of it.
  ASSERT_TRUE(kit_.store().Flush().ok());
  now += kHour;
  read({});
  read(again);
  EXPECT_EQ(count(), Value(int64_t{1}));
  kit_.Crash();
  EXPECT_EQ(count(), Value(int64_t{1}));

  // What is read meanwhile takes its time.
  for (int minute = 0; minute < 10; ++minute) {
    now += kMinute;
    read({});
  }
  now += 1;
  read(again);
  EXPECT_EQ(count(), Value(int64_t{2}));
}

TEST_F(PositionsTest, Rule19AnIdOfAQuietTopicIsKnownAlsoWhereOthersWereNot) {
  StreamSource quiet = Payments();
  quiet.name = "quiet";
  quiet.id_field = "id";
  quiet.deduplicate_micros = 10 * kMinute;
  quiet.kafka = KafkaSource{.topics = {"quiet"}};
  kit_.AddView({.name = "once",
                .source = "quiet",
                .aggregations = {{.functions = {{.function = kCount}},
                                  .windows_micros = {kDay}}}},
               quiet);
  int64_t now = kNow;
  int64_t offset = 0;
  const auto append = [&](const std::string& source,
                          const std::vector<Payment>& payments) {
    std::vector<LoggedEvents> batches;
    batches.push_back(PaymentEvents(payments, now, ++offset));
    batches.back().source = source;
    if (source == "quiet") batches.back().positions = {At(0, offset)};
    ASSERT_TRUE(kit_.applier().Append(std::move(batches)).ok());
  };
  const auto count = [&] { return kit_.Feature("count_1d", "ann", now); };
  const std::vector<Payment> again = {{.at = kNow - kMinute, .id = 7}};
  append("quiet", again);

  for (int minute = 0; minute < 120; ++minute) {
    now += kMinute;
    append("other", {{.at = kNow}});
    ASSERT_TRUE(kit_.store().Flush().ok());
    ASSERT_TRUE(kit_.log().Trim(*kit_.applier().FirstNeeded()).ok());
  }
  for (const bool crashed : {false, true}) {
    if (crashed) kit_.Crash();
    append("quiet", again);
    EXPECT_EQ(count(), Value(int64_t{1}));
  }
}

}  // namespace
}  // namespace freshet
