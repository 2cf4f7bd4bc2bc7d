// SPDX-License-Identifier: Apache-2.0
#include "features/streams/windowed_view_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace freshet {
namespace {

using enum AggregateFunction;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kMinute = 60'000'000;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;

class WindowedViewPlanTest : public testing::Test {
 protected:
  absl::StatusOr<WindowedViewPlan> Make() const {
    return WindowedViewPlan::Make(source_, view_, key_);
  }
  std::string Problem() const { return std::string(Make().status().message()); }

  StreamSource source_ = {.name = "payments",
                          .fields = {{"user", {.kind = Kind::kString}},
                                     {"cents", {.kind = Kind::kInt64}},
                                     {"merchant", {.kind = Kind::kInt64}},
                                     {"status", {.kind = Kind::kString}},
                                     {"at", {.kind = Kind::kTimestamp}}},
                          .timestamp_field = "at"};
  WindowedView view_ = {
      .name = "user_payments",
      .source = "payments",
      .filter = "status = 'captured'",
      .columns = {{"amount", "cents / 100.0"}},
      .aggregations = {{.column = "amount",
                        .functions = {{.function = kCount},
                                      {.function = kSum},
                                      {.function = kMean}},
                        .windows_micros = {10 * kMinute, 7 * kDay}},
                       {.column = "",
                        .functions = {{.function = kCount}},
                        .windows_micros = {kHour, 0}},
                       {.column = "merchant",
                        .functions = {{.function = kLastN, .n = 5}},
                        .windows_micros = {kHour}}},
      .since_micros = 15'000 * kDay,
      .grace_micros = kHour};
  std::vector<KeyPart> key_ = {{"user", {.kind = Kind::kString}}};
};

TEST_F(WindowedViewPlanTest, FeaturesAreNamedByColumnFunctionAndWindow) {
  const auto plan = Make();
  ASSERT_TRUE(plan.ok()) << plan.status();

  std::vector<std::string> features;
  for (const auto& feature : plan->features) {
    features.push_back(feature.name + " " + feature.type.ToString());
  }
  EXPECT_THAT(features,
              ElementsAre("amount_count_10m int64", "amount_count_7d int64",
                          "amount_sum_10m double", "amount_sum_7d double",
                          "amount_mean_10m double", "amount_mean_7d double",
                          "count_1h int64", "count_lifetime int64",
                          "merchant_last_5_1h list<int64>"));
  // The week's hop and the grace have an hour each.
  EXPECT_EQ(plan->late_micros, 7 * kDay + 2 * kHour);
  EXPECT_EQ(plan->since_micros, 15'000 * kDay);
}

TEST_F(WindowedViewPlanTest, FunctionsAndWindowsShareWhatIsKept) {
  const auto plan = Make();
  ASSERT_TRUE(plan.ok()) << plan.status();

  // Sum, mean and count of amounts from one; rows; the last merchants.
  EXPECT_EQ(plan->windows.shape().partials().size(), 3U);
  EXPECT_EQ(plan->event.columns.size(), 3U);  // With the key's.
}

TEST_F(WindowedViewPlanTest, NamesSayPercentsWithoutAPoint) {
  const Aggregation of_x = {.column = "x"};
  EXPECT_EQ(
      WindowFeatureName(
          of_x, {.function = kApproxPercentile, .percentile = 0.999}, {kDay}),
      "x_p99_9_1d");
  EXPECT_EQ(
      WindowFeatureName(of_x, {.function = kTopK, .n = 3}, {90 * kMinute}),
      "x_top_3_90m");
  EXPECT_EQ(WindowFeatureName({}, {.function = kCount}, {kHour, 24}),
            "count_1h_x24");
  EXPECT_EQ(WindowText(14 * kDay), "14d");
  EXPECT_EQ(WindowText(36 * kHour), "36h");
}

TEST_F(WindowedViewPlanTest, TheGenerationIsOfWhatDecidesAboutTiles) {
  const uint64_t before = Make()->generation_hash;
  EXPECT_EQ(Make()->generation_hash, before);

  // Read from the same tiles.
  view_.aggregations[0].functions.push_back({.function = kMean});
  view_.aggregations[0].functions.erase(
      view_.aggregations[0].functions.begin());
  view_.aggregations[0].functions.pop_back();
  EXPECT_EQ(Make()->generation_hash, before);
  // Of days, as those of a lifetime.
  view_.aggregations[0].windows_micros.push_back(60 * kDay);
  EXPECT_EQ(Make()->generation_hash, before);

  const auto changed = [&](auto change) {
    const auto good = std::pair(source_, view_);
    change();
    const auto plan = Make();
    EXPECT_TRUE(plan.ok()) << plan.status();
    EXPECT_NE(plan->generation_hash, before);
    std::tie(source_, view_) = good;
  };
  changed([&] { view_.filter = "status = 'refused'"; });
  changed([&] { view_.columns["amount"] = "cents / 10.0"; });
  changed([&] { view_.aggregations[0].windows_micros.push_back(6 * kHour); });
  changed(
      [&] { view_.aggregations[0].functions.push_back({.function = kMax}); });
  changed([&] { view_.aggregations[2].functions[0].n = 6; });
  changed([&] { view_.aggregations[2].mode = WindowMode::kExact; });
  changed([&] { source_.name = "refunds"; });
  changed([&] { source_.id_field = "user"; });
}

TEST_F(WindowedViewPlanTest, Rule26ExactWindowsAreOfTenSecondsToADay) {
  Aggregation& amount = view_.aggregations[0];
  amount.mode = WindowMode::kExact;
  amount.windows_micros = {kMinute / 6, kDay};
  const auto plan = Make();
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->features[0].name, "amount_count_10s");
  EXPECT_EQ(plan->windows.windows()[0],
            (Window{.length_micros = kMinute / 6, .exact = true}));
  EXPECT_EQ(plan->windows.HopMicros(0), 0);
  EXPECT_EQ(plan->windows.WindowStart(0, 7 * kDay + 3),
            7 * kDay + 3 - kMinute / 6);
  EXPECT_EQ(plan->windows.HopMicros(2), kMinute) << "of count_1h";
  EXPECT_EQ(plan->windows.levels().front(), TileLevel::kMoment);

  amount.windows_micros = {kMinute / 6, 7 * kDay};
  EXPECT_EQ(Problem(),
            "view 'user_payments': an exact window of 7d keeps every event for "
            "so long; of more than 1d it is 'window_mode: sawtooth', or says "
            "'force_exact: true'");
  amount.force_exact = true;
  EXPECT_TRUE(Make().ok()) << Problem();
  amount.mode = WindowMode::kSawtooth;
  amount.windows_micros = {kHour};
  EXPECT_EQ(Problem(),
            "view 'user_payments': 'force_exact' is of exact windows, and "
            "those of column 'amount' are sawtooth; add 'window_mode: exact', "
            "or take it out");
}

TEST_F(WindowedViewPlanTest, TheSameFeatureInBothModesIsThereTwice) {
  view_.aggregations.push_back(view_.aggregations[0]);
  view_.aggregations.back().mode = WindowMode::kExact;
  view_.aggregations.back().windows_micros = {kHour, 10 * kMinute};
  EXPECT_EQ(Problem(),
            "view 'user_payments': feature 'amount_count_10m' is there twice");
}

TEST_F(WindowedViewPlanTest, AWindowWithoutALengthIsTheSameInEitherMode) {
  const auto sawtooth = Make();
  view_.aggregations[1].windows_micros = {0};
  const auto without_hour = Make();
  view_.aggregations[1].mode = WindowMode::kExact;
  const auto exact = Make();
  ASSERT_TRUE(exact.ok()) << exact.status();
  EXPECT_EQ(exact->windows.levels(), without_hour->windows.levels());
  EXPECT_EQ(exact->generation_hash, without_hour->generation_hash);
  EXPECT_EQ(sawtooth->windows.levels().front(), TileLevel::k10Seconds);
}

TEST_F(WindowedViewPlanTest, ASeriesIsAListOfWhatItsWindowsAnswer) {
  const auto before = Make();
  view_.aggregations[0].series = {.window_micros = 7 * kDay, .count = 3};
  const auto plan = Make();
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(WindowFeatureNames(view_)[2], "amount_count_7d_x3");
  std::vector<std::string> features;
  for (const size_t i : {2, 5, 8}) {
    features.push_back(plan->features[i].name + " " +
                       plan->features[i].type.ToString());
  }
  EXPECT_THAT(features, ElementsAre("amount_count_7d_x3 list<int64>",
                                    "amount_sum_7d_x3 list<double>",
                                    "amount_mean_7d_x3 list<double>"));
  // Of the tiles of one window, for as long as one that is as long as all.
  EXPECT_EQ(plan->generation_hash, before->generation_hash);
  EXPECT_EQ(plan->late_micros, 21 * kDay + 2 * kHour);
  const size_t week = plan->windows.outputs()[1].window;
  const size_t weeks = plan->windows.outputs()[2].window;
  EXPECT_EQ(plan->windows.HopMicros(weeks), kHour);
  EXPECT_EQ(plan->windows.levels_of(weeks), plan->windows.levels_of(week));
  const int64_t now = 20'000 * kDay + 3 * kHour + 7;
  EXPECT_EQ(plan->windows.WindowStart(weeks, now),
            20'000 * kDay + 3 * kHour - 21 * kDay);
  EXPECT_EQ(plan->windows.WindowStart(weeks, 0, now),
            plan->windows.WindowStart(week, now));
  EXPECT_EQ(plan->windows.KeptFrom(TileLevel::k1Hour, now),
            20'000 * kDay + 3 * kHour - 21 * kDay);
}

TEST_F(WindowedViewPlanTest, WhatIsWrongWithASeriesIsNamed) {
  Aggregation& amount = view_.aggregations[0];
  const auto with = [&](int64_t window_micros, uint32_t count) {
    amount.series = {.window_micros = window_micros, .count = count};
    std::string problem = Problem();
    amount = Aggregation{.column = "amount",
                         .functions = amount.functions,
                         .windows_micros = amount.windows_micros,
                         .mode = amount.mode};
    return problem;
  };
  EXPECT_EQ(with(kHour, 169),
            "view 'user_payments': a series of 169 windows of 1h; one has 2 to "
            "168");
  EXPECT_EQ(with(0, 2),
            "view 'user_payments': a series of 'lifetime'; its windows have a "
            "length");
  EXPECT_EQ(with(30 * kDay, 27),
            "view 'user_payments': a series of 27 windows of 30d begins 810d "
            "ago; one begins 800d ago at most: ask for fewer or shorter ones");
  EXPECT_THAT(with(kMinute / 2, 2), HasSubstr("a window of 30s, and the old"));
  amount.mode = WindowMode::kExact;
  amount.windows_micros = {kHour};
  EXPECT_EQ(with(kHour, 24), "") << "a day";
  EXPECT_EQ(with(kHour, 25),
            "view 'user_payments': an exact series of 25h keeps every event "
            "for so long; of more than 1d it is 'window_mode: sawtooth', or "
            "says 'force_exact: true'");
  view_.aggregations[2].series = {.window_micros = kHour, .count = 2};
  EXPECT_EQ(Problem(),
            "view 'user_payments': function 'last_n(5)' answers a list, and a "
            "series is a list of what one window answers; give it 'windows'");
  view_.aggregations[2].windows_micros.clear();
  view_.aggregations[2].series.reset();
  EXPECT_EQ(Problem(),
            "view 'user_payments': the aggregation of column 'merchant' does "
            "not say over how long: add 'windows', 'series' or both");
}

TEST_F(WindowedViewPlanTest, BySaysOfWhatEachElementIs) {
  const auto before = Make();
  Aggregation by = {.column = "amount",
                    .functions = {{.function = kCount}, {.function = kSum}},
                    .windows_micros = {10 * kMinute},
                    .by = "merchant"};
  view_.aggregations.push_back(by);
  const auto plan = Make();
  ASSERT_TRUE(plan.ok()) << plan.status();
  std::vector<std::string> features;
  for (size_t i = before->features.size(); i < plan->features.size(); ++i) {
    features.push_back(plan->features[i].name + " " +
                       plan->features[i].type.ToString());
    EXPECT_EQ(plan->features[i].name, WindowFeatureNames(view_)[i]);
  }
  EXPECT_THAT(features, ElementsAre("amount_count_10m_by_merchant list<int64>",
                                    "amount_sum_10m_by_merchant list<double>",
                                    "amount_keys_10m_by_merchant list<int64>"));
  ASSERT_EQ(plan->windows.shape().partials().size(), 4U) << "one for both";
  EXPECT_EQ(plan->windows.shape().partials().back(),
            (PartialSpec{.kind = PartialKind::kDoubleSum,
                         .value = Kind::kDouble,
                         .groups = 100,
                         .by = Kind::kInt64}));
  EXPECT_NE(plan->generation_hash, before->generation_hash);
  view_.aggregations.back().max_groups = 99;
  EXPECT_NE(Make()->generation_hash, plan->generation_hash);
  view_.aggregations.back() = by;
  view_.aggregations.back().by = "status";
  EXPECT_NE(Make()->generation_hash, plan->generation_hash);
}

TEST_F(WindowedViewPlanTest, WhatIsWrongWithByIsNamed) {
  const Aggregation good = {.column = "amount",
                            .functions = {{.function = kSum}},
                            .windows_micros = {10 * kMinute},
                            .by = "merchant"};
  view_.aggregations.push_back(good);
  ASSERT_EQ(Problem(), "");
  const auto with = [&](auto change) {
    view_.aggregations.back() = good;
    change(view_.aggregations.back());
    return Problem();
  };
  EXPECT_THAT(with([](Aggregation& a) { a.by = "merchand"; }),
              HasSubstr("column 'merchand',"));
  EXPECT_EQ(with([](Aggregation& a) { a.by = "amount"; }),
            "view 'user_payments': column 'amount' by 'amount': 'by' is a "
            "column of single values that are the same or not, and not of "
            "double");
  EXPECT_EQ(with([](Aggregation& a) {
              a.functions = {{.function = kTopK, .n = 3, .size = 100}};
            }),
            "view 'user_payments': column 'amount' by 'merchant': function "
            "'top_k' keeps more than a value or two, and is not kept of each "
            "group; take 'by' out, or give it an aggregation of its own");
  EXPECT_EQ(with([](Aggregation& a) { a.max_groups = 1'001; }),
            "view 'user_payments': 'max_groups' of column 'amount' is 1001, "
            "not 1 to 1000");
  EXPECT_EQ(with([](Aggregation& a) {
              a.series = {{kHour, 24}};
            }),
            "view 'user_payments': the aggregation of column 'amount' has 'by' "
            "and 'series', and there are no lists of lists; ask for "
            "'windows', or take one of the two out");
  EXPECT_EQ(with([](Aggregation& a) {
              a.by = "";
              a.max_groups = 7;
            }),
            "view 'user_payments': 'max_groups' is how many 'by' has, and the "
            "aggregation of column 'amount' has no 'by'; add one, or take it "
            "out");
  EXPECT_EQ(with([](Aggregation& a) { a.functions.clear(); }),
            "view 'user_payments': the aggregation of column 'amount' has no "
            "functions");
}

TEST_F(WindowedViewPlanTest, WhatIsWrongIsNamed) {
  const auto with = [&](auto change) {
    const auto good = std::tuple(source_, view_, key_);
    change();
    std::string problem = Problem();
    std::tie(source_, view_, key_) = good;
    return problem;
  };

  EXPECT_THAT(with([&] { view_.filter = "statu = 'x'"; }),
              HasSubstr("view 'user_payments': filter `statu = 'x'`: at 1: "));
  EXPECT_EQ(with([&] { view_.filter = "cents"; }),
            "view 'user_payments': filter `cents` is int64, not bool");
  EXPECT_THAT(with([&] { view_.aggregations[0].column = "amout"; }),
              HasSubstr("column 'amout',"));
  EXPECT_EQ(with([&] {
              view_.aggregations[2].column = "status";
              view_.aggregations[2].functions[0].function = kSum;
            }),
            "view 'user_payments': column 'status': function 'sum' is of "
            "numbers, not of string");
  EXPECT_EQ(with([&] { view_.aggregations[1].functions[0].function = kSum; }),
            "view 'user_payments': function 'sum' needs a column");
  EXPECT_EQ(with([&] { view_.aggregations[0].windows_micros = {kMinute / 6}; }),
            "view 'user_payments': a window of 10s, and the old end of a "
            "sawtooth one moves by a second at least; of less than 1m it is "
            "exact: add 'window_mode: exact'");
  EXPECT_EQ(with([&] { view_.aggregations[0].windows_micros = {kMinute / 7}; }),
            "view 'user_payments': a window of 8571428us; one is 10s to 800d "
            "long, or 'lifetime'");
  EXPECT_EQ(with([&] { view_.aggregations.push_back(view_.aggregations[1]); }),
            "view 'user_payments': feature 'count_1h' is there twice");
  EXPECT_EQ(with([&] { source_.timestamp_field = "when"; }),
            "view 'user_payments': source 'payments' has no field 'when', its "
            "'timestamp_field'");
  EXPECT_EQ(with([&] { source_.timestamp_field = "cents"; }),
            "view 'user_payments': 'timestamp_field: cents' of source "
            "'payments' is int64, not timestamp");
  EXPECT_EQ(with([&] { key_[0].type.kind = Kind::kInt64; }),
            "view 'user_payments': join key 'user' is int64, and the column of "
            "that name is string");
}

TEST_F(WindowedViewPlanTest, NumbersOfFunctionsHaveTheirRange) {
  const auto problem = [](FunctionCall call) {
    return std::string(CheckCall(call).message());
  };

  EXPECT_EQ(problem({.function = kLastN, .n = 1'001}),
            "'n' of last_n is 1001, not 1 to 1000");
  EXPECT_EQ(problem({.function = kCountDistinct}),
            "'size' of count_distinct is 0, not 16 to 100000");
  EXPECT_EQ(problem({.function = kApproxCountDistinct, .size = 19}),
            "'size' of approx_count_distinct is 19, not 4 to 18");
  EXPECT_EQ(problem({.function = kApproxPercentile, .percentile = 1.5}),
            "'percentile' of approx_percentile is 1.5, not 0 to 1");
  EXPECT_EQ(problem({.function = kTopK, .n = 11, .size = 10}),
            "'n' of top_k is 11, not 1 to 10");
  EXPECT_EQ(problem({.function = kTopK, .n = 10, .size = 10}), "");
  view_.aggregations[2].functions[0].n = 0;
  EXPECT_EQ(Problem(),
            "view 'user_payments': column 'merchant': 'n' of last_n is 0, not "
            "1 to 1000");
}

}  // namespace
}  // namespace freshet
