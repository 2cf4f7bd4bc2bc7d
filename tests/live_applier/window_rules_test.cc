// SPDX-License-Identifier: Apache-2.0
// What docs/semantics.md says of windows, as a request reads it; the numbers
// are worked out by hand.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/live_applier/live_kit.h"

namespace freshet {
namespace {

using enum AggregateFunction;

constexpr int64_t kNow = 16'000 * kDay + 5 * kHour + 17 * kSecond;

Value Whole(int64_t number) { return Value(number); }

class WindowRulesTest : public testing::Test {
 protected:
  // Of `amount`, a column, and of events.
  void AddView(const std::string& amount,
               const std::vector<AggregateFunction>& functions,
               std::vector<int64_t> windows = {kHour}) {
    std::vector<FunctionCall> calls;
    for (const AggregateFunction function : functions) {
      calls.push_back({.function = function});
    }
    kit_.AddView({.name = "payments_of",
                  .source = "payments",
                  .columns = {{"amount", amount}},
                  .aggregations = {{.column = "amount",
                                    .functions = calls,
                                    .windows_micros = windows},
                                   {.functions = {{.function = kCount}},
                                    .windows_micros = windows}},
                  .since_micros = 15'000 * kDay});
  }

  void Append(const std::vector<Payment>& payments, int32_t partition = 0) {
    std::vector<LoggedEvents> batches;
    batches.push_back(PaymentEvents(payments, kNow, offset_));
    offset_ += static_cast<int64_t>(payments.size());
    batches.back().events.partitions.assign(payments.size(), partition);
    ASSERT_TRUE(kit_.applier().Append(std::move(batches)).ok());
  }

  Value Feature(const std::string& name, const std::string& user = "ann") {
    return kit_.Feature(name, user, kNow);
  }

  LiveKit kit_;
  int64_t offset_ = 0;
};

TEST_F(WindowRulesTest, Rule24NullsAreSkippedAndEventsAreCounted) {
  AddView("cents", {kCount, kSum, kMean, kMin, kMax, kFirst, kLast, kStddev});
  Append({{.cents = std::nullopt, .at = kNow - 5 * kSecond},
          {.cents = 10, .at = kNow - 4 * kSecond},
          {.cents = std::nullopt, .at = kNow - 3 * kSecond},
          {.cents = 30, .at = kNow - 2 * kSecond},
          {.cents = std::nullopt, .at = kNow - kSecond}});
  EXPECT_EQ(Feature("count_1h"), Whole(5));
  EXPECT_EQ(Feature("amount_count_1h"), Whole(2));
  EXPECT_EQ(Feature("amount_sum_1h"), Whole(40));
  EXPECT_EQ(Feature("amount_mean_1h"), Value(20.0));
  EXPECT_EQ(Feature("amount_min_1h"), Whole(10));
  EXPECT_EQ(Feature("amount_max_1h"), Whole(30));
  EXPECT_EQ(Feature("amount_first_1h"), Whole(10));
  EXPECT_EQ(Feature("amount_last_1h"), Whole(30));
}

TEST_F(WindowRulesTest, Rule24AnEmptyWindowIsTheSameWhetherTheKeyWasEverSeen) {
  const std::vector<AggregateFunction> functions = {
      kCount, kSum,    kMean,      kMin,      kMax,        kFirst,
      kLast,  kStddev, kStddevPop, kVariance, kVariancePop};
  AddView("cents", functions, {kMinute, kHour});
  Append({{.at = kNow - 2 * kMinute}});
  for (const std::string user : {"ann", "nobody"}) {
    EXPECT_EQ(Feature("count_1m", user), Whole(0));
    EXPECT_EQ(Feature("amount_count_1m", user), Whole(0));
    for (const char* function :
         {"sum", "mean", "min", "max", "first", "last", "stddev", "stddev_pop",
          "variance", "variance_pop"}) {
      const std::string name = std::string("amount_") + function + "_1m";
      EXPECT_TRUE(Feature(name, user).IsNull()) << name;
    }
  }
  EXPECT_EQ(Feature("count_1h"), Whole(1));
}

TEST_F(WindowRulesTest, Rule24SpreadIsOfASampleUnlessItSaysOtherwise) {
  AddView("cents", {kStddev, kStddevPop, kVariance, kVariancePop});
  Append({{.cents = 2, .at = kNow - 3 * kSecond},
          {.user = "bob", .cents = 7, .at = kNow - 3 * kSecond}});
  Append({{.cents = 4, .at = kNow - 2 * kSecond},
          {.cents = 9, .at = kNow - kSecond}});
  // Of 2, 4 and 9, whose mean is 5, the squares are 9, 1 and 16.
  EXPECT_EQ(Feature("amount_variance_1h"), Value(13.0));
  EXPECT_EQ(Feature("amount_variance_pop_1h"), Value(26.0 / 3));
  EXPECT_DOUBLE_EQ(std::get<double>(Feature("amount_stddev_1h").v),
                   3.6055512754639891);
  EXPECT_DOUBLE_EQ(std::get<double>(Feature("amount_stddev_pop_1h").v),
                   2.9439202887759488);
  EXPECT_TRUE(Feature("amount_variance_1h", "bob").IsNull());
  EXPECT_TRUE(Feature("amount_stddev_1h", "bob").IsNull());
  EXPECT_EQ(Feature("amount_variance_pop_1h", "bob"), Value(0.0));
  EXPECT_EQ(Feature("amount_stddev_pop_1h", "bob"), Value(0.0));
}

TEST_F(WindowRulesTest, Rule24OfOneTimePartitionAndOffsetSayWhichIsLast) {
  AddView("cents", {kFirst, kLast});
  const int64_t at = kNow - kMinute;
  Append({{.cents = 3, .at = at}}, /*partition=*/1);
  Append({{.cents = 1, .at = at}, {.cents = 2, .at = at}}, /*partition=*/0);
  EXPECT_EQ(Feature("amount_first_1h"), Whole(1));
  EXPECT_EQ(Feature("amount_last_1h"), Whole(3));
  Append({{.cents = 9, .at = at - 1}}, /*partition=*/7);
  Append({{.cents = 8, .at = at + 1}}, /*partition=*/0);
  EXPECT_EQ(Feature("amount_first_1h"), Whole(9));
  EXPECT_EQ(Feature("amount_last_1h"), Whole(8));
}

TEST_F(WindowRulesTest, Rule24SumsOfDoublesAreCompensated) {
  AddView("cents * 1e0", {kSum, kMean});
  constexpr int64_t kMuch = 10'000'000'000'000'000;
  // Plainly added they are 0, in each of these tiles and over them.
  Append({{.cents = kMuch, .at = kNow - 2 * kMinute},
          {.cents = 1, .at = kNow - 2 * kMinute},
          {.cents = 1, .at = kNow - kMinute},
          {.cents = -kMuch, .at = kNow - kMinute}});
  EXPECT_EQ(Feature("amount_sum_1h"), Value(2.0));
  EXPECT_EQ(Feature("amount_mean_1h"), Value(0.5));
}

TEST_F(WindowRulesTest, Rule26ASawtoothBeginsAtItsHopAndEndsBeforeTheRequest) {
  AddView("cents", {kSum}, {kHour, 7 * kDay});
  const int64_t hour = kNow - 17 * kSecond - kHour;     // Of a minute each.
  const int64_t week = kNow - 17 * kSecond - 7 * kDay;  // Of an hour.
  Append({{.cents = 1, .at = hour - 1},
          {.cents = 10, .at = hour},
          {.cents = 100, .at = kNow - 1},
          {.cents = 1'000, .at = kNow}});
  EXPECT_EQ(Feature("amount_sum_1h"), Whole(110));
  Append({{.cents = 10'000, .at = week - 1}, {.cents = 100'000, .at = week}});
  EXPECT_EQ(Feature("amount_sum_7d"), Whole(100'111));
}

// However late it comes, and no earlier than the first day.
TEST_F(WindowRulesTest, Rule28ALifetimeHasAllSinceItsDayHoweverLate) {
  AddView("cents", {kSum}, {kHour, 0});
  const int64_t since = 15'000 * kDay;
  Append({{.cents = 1, .at = since - 1},
          {.cents = 10, .at = since},
          {.cents = 100, .at = since + 500 * kDay},
          {.cents = 1'000, .at = kNow - 1},
          {.cents = 10'000, .at = kNow}});
  EXPECT_EQ(Feature("amount_sum_lifetime"), Whole(1'110));
  EXPECT_EQ(Feature("amount_sum_1h"), Whole(1'000));
  const OutcomeCounts outcomes = kit_.applier().outcomes().at(0);
  EXPECT_EQ(outcomes[static_cast<size_t>(EventOutcome::kLate)], 1);
  EXPECT_EQ(outcomes[static_cast<size_t>(EventOutcome::kAdded)], 3);
  EXPECT_EQ(outcomes[static_cast<size_t>(EventOutcome::kFuture)], 1);
}

}  // namespace
}  // namespace freshet
