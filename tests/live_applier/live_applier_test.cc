// SPDX-License-Identifier: Apache-2.0
#include "ingest/live/live_applier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/failpoint.h"
#include "ingest/change_log/parked_events.h"
#include "tests/live_applier/live_kit.h"

namespace freshet {
namespace {

using enum AggregateFunction;
using enum EventOutcome;
using testing::HasSubstr;

constexpr int64_t kNow = 16'000 * kDay + 5 * kHour + 17;

WindowedView CountAndSum(const std::string& name) {
  return {
      .name = name,
      .source = "payments",
      .aggregations = {{.column = "cents",
                        .functions = {{.function = kCount}, {.function = kSum}},
                        .windows_micros = {kHour}}}};
}

class LiveApplierTest : public testing::Test {
 protected:
  void TearDown() override { ASSERT_TRUE(ArmFailpoints("").ok()); }

  absl::Status Append(const std::vector<Payment>& payments,
                      int64_t now = kNow) {
    std::vector<LoggedEvents> batches;
    batches.push_back(PaymentEvents(payments, now, offset_));
    offset_ += static_cast<int64_t>(payments.size());
    return kit_.applier().Append(std::move(batches));
  }

  Value Count(int64_t now, const std::string& user = "ann") const {
    return kit_.Feature("cents_count_1h", user, now);
  }

  int64_t Outcomes(EventOutcome outcome) {
    return kit_.applier().outcomes()[0][static_cast<size_t>(outcome)];
  }

  LiveKit kit_;
  int64_t offset_ = 0;
};

TEST_F(LiveApplierTest, AnEventIsReadAsSoonAsItIsAppended) {
  kit_.AddView(CountAndSum("user_payments"));

  ASSERT_TRUE(Append({{.cents = 30, .at = kNow - kMinute},
                      {.cents = 12, .at = kNow - 2 * kMinute},
                      {.user = "bob", .cents = 5, .at = kNow - 1}})
                  .ok());

  EXPECT_EQ(Count(kNow), Value(int64_t{2}));
  EXPECT_EQ(kit_.Feature("cents_sum_1h", "ann", kNow), Value(int64_t{42}));
  EXPECT_EQ(Count(kNow, "bob"), Value(int64_t{1}));
  EXPECT_EQ(Outcomes(kAdded), 3);
}

TEST_F(LiveApplierTest, WhatACrashTookFromTheStoreComesBackFromTheLog) {
  kit_.AddView(CountAndSum("user_payments"));
  ASSERT_TRUE(Append({{.at = kNow - kMinute}}).ok());
  ASSERT_TRUE(kit_.store().Flush().ok());
  ASSERT_TRUE(Append({{.at = kNow - kMinute}}).ok());
  ASSERT_TRUE(Append({{.at = kNow - kMinute}}).ok());
  const uint64_t last = kit_.store().applied();
  ASSERT_LT(*kit_.store().flushed(), last);

  kit_.Crash();

  EXPECT_EQ(kit_.store().applied(), last);
  EXPECT_EQ(Count(kNow), Value(int64_t{3}));
  kit_.Crash();
  EXPECT_EQ(Count(kNow), Value(int64_t{3})) << "applied twice";
}

TEST_F(LiveApplierTest, Rule4AnEventOfTheFutureWaitsForItsTime) {
  kit_.AddView(CountAndSum("user_payments"));
  ASSERT_TRUE(Append({{.at = kNow},
                      {.at = kNow + kSecond},
                      {.at = kNow + 2 * kSecond},
                      {.at = kNow - 1}})
                  .ok());
  EXPECT_EQ(Outcomes(kFuture), 3);
  EXPECT_EQ(kit_.applier().parked().oldest_micros(), kNow);
  EXPECT_EQ(Count(kNow), Value(int64_t{1}));

  ASSERT_TRUE(kit_.applier().Release(kNow).ok());
  EXPECT_EQ(Count(kNow), Value(int64_t{1}));
  ASSERT_TRUE(kit_.applier().Release(kNow + kSecond).ok());
  EXPECT_EQ(Count(kNow + kSecond), Value(int64_t{2}));
  EXPECT_EQ(kit_.applier().parked().oldest_micros(), kNow + kSecond);

  kit_.Crash();
  EXPECT_EQ(kit_.applier().parked().oldest_micros(), kNow + kSecond);
  ASSERT_TRUE(kit_.applier().Release(kNow + kHour / 2).ok());
  EXPECT_EQ(Count(kNow + kHour / 2), Value(int64_t{4}));
  EXPECT_EQ(kit_.applier().parked().oldest_micros(), std::nullopt);
  kit_.Crash();
  EXPECT_EQ(Count(kNow + kHour / 2), Value(int64_t{4}));
}

TEST_F(LiveApplierTest, Rule28AnEventThatWaitedIsNotLate) {
  kit_.AddView(CountAndSum("user_payments"));
  const int64_t at = kNow - kNow % kMinute + kMinute;
  ASSERT_TRUE(Append({{.at = at}}).ok());

  // The old end of its window is still before it, by a part of a hop.
  const int64_t now = at + kHour + kSecond;
  ASSERT_TRUE(kit_.applier().Release(now).ok());

  EXPECT_EQ(Count(now), Value(int64_t{1}));
  EXPECT_EQ(Outcomes(kLate), 0);
}

TEST_F(LiveApplierTest, NothingIsWrittenWhenNothingWaits) {
  kit_.AddView(CountAndSum("user_payments"));
  ASSERT_TRUE(Append({{.at = kNow + kMinute}}).ok());
  const uint64_t next = kit_.log().next();

  ASSERT_TRUE(kit_.applier().Release(kNow + kMinute).ok());
  ASSERT_TRUE(kit_.applier().Append(std::vector<LoggedEvents>()).ok());

  EXPECT_EQ(kit_.log().next(), next);
}

TEST_F(LiveApplierTest, Rule15AYoungerGenerationTakesOnlyWhatCameAfterIt) {
  kit_.AddView(CountAndSum("old"));
  ASSERT_TRUE(Append({{.at = kNow - kMinute}, {.at = kNow + kMinute}}).ok());
  WindowedView younger = CountAndSum("young");
  younger.aggregations[0].windows_micros = {2 * kHour};
  kit_.AddView(younger);
  ASSERT_TRUE(Append({{.at = kNow - kMinute}}).ok());

  // Nothing is flushed: the log is applied again from its first record on.
  kit_.Crash();
  ASSERT_TRUE(kit_.applier().Release(kNow + kHour / 2).ok());

  EXPECT_EQ(Count(kNow + kHour / 2), Value(int64_t{3}));
  // And what waited when it was made.
  EXPECT_EQ(kit_.Feature("cents_count_2h", "ann", kNow + kHour / 2),
            Value(int64_t{2}));
}

TEST_F(LiveApplierTest, EventsOfASourceWithoutAViewAreKeptInTheLog) {
  ASSERT_TRUE(Append({{.at = kNow - kMinute}}).ok());

  EXPECT_EQ(kit_.log().next(), 2U);
  kit_.Crash();
  EXPECT_EQ(kit_.store().applied(), 1U);
}

TEST_F(LiveApplierTest, WhatIsOnDiskAndNotAppliedIsAppliedAfterAnOpening) {
  kit_.AddView(CountAndSum("user_payments"));
  ASSERT_TRUE(ArmFailpoints("live.before_apply=error").ok());

  EXPECT_FALSE(Append({{.at = kNow - kMinute}}).ok());
  ASSERT_TRUE(ArmFailpoints("").ok());
  EXPECT_FALSE(Append({{.at = kNow - kMinute}}).ok()) << "out of order";
  EXPECT_FALSE(kit_.applier().Release(kNow).ok() &&
               kit_.applier().parked().oldest_micros());

  kit_.Crash();
  EXPECT_EQ(Count(kNow), Value(int64_t{1}));
  ASSERT_TRUE(Append({{.at = kNow - kMinute}}).ok());
  EXPECT_EQ(Count(kNow), Value(int64_t{2}));
}

TEST_F(LiveApplierTest, ARecordThatIsTooLongIsRefusedAndTheNextOneIsNot) {
  kit_.AddView(CountAndSum("user_payments"));
  const std::string user(ChangeLog::kRecordBytesMax, 'x');

  EXPECT_TRUE(
      absl::IsInvalidArgument(Append({{.user = user, .at = kNow - kMinute}})));

  ASSERT_TRUE(Append({{.at = kNow - kMinute}}).ok());
  EXPECT_EQ(Count(kNow), Value(int64_t{1}));
}

TEST_F(LiveApplierTest, Rule13EventsOfAnOlderDefinitionAreStillRead) {
  StreamSource source = Payments();
  source.fields.insert(source.fields.begin(),
                       {"country", {.kind = Kind::kString}});
  kit_.AddView(CountAndSum("user_payments"), source);
  ASSERT_TRUE(Append({{.at = kNow - kMinute}, {.at = kNow + kMinute}}).ok());

  kit_.Crash();
  ASSERT_TRUE(kit_.applier().Release(kNow + kHour / 2).ok());

  EXPECT_EQ(Count(kNow + kHour / 2), Value(int64_t{2}));
}

TEST_F(LiveApplierTest, Rule19AnEventThatComesAgainCountsOnce) {
  StreamSource source = Payments();
  source.id_field = "id";
  source.deduplicate_micros = 10 * kMinute;
  kit_.AddView(CountAndSum("user_payments"), source);
  const Payment again = {.at = kNow - kMinute, .id = 7};
  const Payment without = {.at = kNow - kMinute};
  ASSERT_TRUE(Append({again, again, without, without}).ok());
  EXPECT_EQ(Count(kNow), Value(int64_t{3}));

  ASSERT_TRUE(Append({again}).ok());
  EXPECT_EQ(Outcomes(kDuplicate), 2);
  kit_.Crash();
  ASSERT_TRUE(Append({again}, kNow + 10 * kMinute).ok());
  EXPECT_EQ(Count(kNow + 10 * kMinute), Value(int64_t{3}));

  // Known for as long as it comes, and ten minutes more.
  ASSERT_TRUE(Append({again}, kNow + 20 * kMinute).ok());
  EXPECT_EQ(Count(kNow + 20 * kMinute), Value(int64_t{3}));
  ASSERT_TRUE(Append({again}, kNow + 30 * kMinute + 1).ok());
  EXPECT_EQ(Count(kNow + 30 * kMinute + 1), Value(int64_t{4}));
}

TEST_F(LiveApplierTest, Rule19AnEventThatWaitsIsKnownToo) {
  StreamSource source = Payments();
  source.id_field = "id";
  kit_.AddView(CountAndSum("user_payments"), source);
  const Payment again = {.at = kNow + kMinute, .id = 7};
  ASSERT_TRUE(Append({again, again}).ok());
  ASSERT_TRUE(Append({again}).ok());

  ASSERT_TRUE(kit_.applier().Release(kNow + 2 * kMinute).ok());

  EXPECT_EQ(Count(kNow + 2 * kMinute), Value(int64_t{1}));
}

TEST_F(LiveApplierTest, IdsAreReadFromTheLogAlsoForAYoungerSource) {
  const Payment again = {.at = kNow - kMinute, .id = 7};
  ASSERT_TRUE(Append({again}).ok());
  StreamSource source = Payments();
  source.id_field = "id";
  kit_.AddView(CountAndSum("user_payments"), source);

  ASSERT_TRUE(Append({again}).ok());

  EXPECT_EQ(Outcomes(kDuplicate), 1);
}

TEST_F(LiveApplierTest, TimesOfRecordsDoNotGoBack) {
  kit_.AddView(CountAndSum("user_payments"));
  ASSERT_TRUE(Append({{.at = kNow - kMinute}}).ok());
  kit_.Crash();

  // By the clock of an hour before it would be of the future.
  ASSERT_TRUE(Append({{.at = kNow - kMinute}}, kNow - kHour).ok());

  EXPECT_EQ(Count(kNow), Value(int64_t{2}));
}

TEST_F(LiveApplierTest, AStoreThatIsAheadOfItsLogIsRefused) {
  kit_.AddView(CountAndSum("user_payments"));
  ASSERT_TRUE(Append({{.at = kNow - kMinute}}).ok());
  ASSERT_TRUE(kit_.store().Flush().ok());
  kit_.Remove("log");

  const absl::Status status = kit_.Open();

  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(status.message(), HasSubstr("not of the same time"));
}

TEST_F(LiveApplierTest, AStoreThatIsBehindATrimmedLogIsRefused) {
  for (int i = 0; i < 3; ++i) {
    const std::vector<Payment> many(2'000, {.at = kNow - kMinute});
    ASSERT_TRUE(Append(many).ok());
  }
  ASSERT_TRUE(kit_.log().Trim(3).ok());
  ASSERT_GT(kit_.log().first(), 1U);
  kit_.Remove("live");

  const absl::Status status = kit_.Open();

  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
}

}  // namespace
}  // namespace freshet
