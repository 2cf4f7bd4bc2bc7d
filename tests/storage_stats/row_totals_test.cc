// SPDX-License-Identifier: Apache-2.0
// What a manifest says of its rows' values, for each type.
#include "storage/stats/row_totals.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "config/value.h"
#include "features/row_codec.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Of one feature with these values, row by row.
ColumnStats StatsOf(const std::string& type,
                    const std::vector<std::string>& values) {
  const RowSchema schema(1, {{"id", *Type::Parse("string")}},
                         {{7, "f", *Type::Parse(type)}});
  RowWriter writer(schema);
  RowTotals totals(schema);
  for (size_t i = 0; i < values.size(); ++i) {
    writer.Begin(0);
    const auto value = ParseValue(schema.columns()[0].type, values[i]);
    EXPECT_TRUE(value.ok()) << value.status();
    if (!value->IsNull()) {
      EXPECT_EQ(writer.SetValue(0, *value), absl::OkStatus());
    }
    EXPECT_EQ(totals.Add(fmt::format("{:05}", i), writer.Finish()),
              absl::OkStatus());
  }
  Manifest manifest;
  totals.WriteTo(manifest);
  EXPECT_EQ(manifest.columns.size(), 1u);
  EXPECT_EQ(manifest.rows, static_cast<int64_t>(values.size()));
  return manifest.columns.at(0);
}

struct Numbers {
  double min, mean, max, distinct;
};

void ExpectNumbers(const ColumnStats& stats, const Numbers& wanted) {
  EXPECT_EQ(stats.feature_id, 7u);
  EXPECT_DOUBLE_EQ(stats.min, wanted.min);
  EXPECT_DOUBLE_EQ(stats.mean, wanted.mean);
  EXPECT_DOUBLE_EQ(stats.max, wanted.max);
  EXPECT_EQ(stats.distinct, wanted.distinct);
}

TEST(RowTotalsTest, IntegersAreTheirValues) {
  for (const std::string type : {"int32", "int64"}) {
    const ColumnStats stats = StatsOf(type, {"-3", "4", "null", "-3"});
    ExpectNumbers(stats, {-3, -2.0 / 3, 4, 2});
    EXPECT_EQ(stats.nulls, 1);
  }
}

TEST(RowTotalsTest, FloatsAreTheirValuesWithoutNaN) {
  for (const std::string type : {"float", "double"}) {
    const ColumnStats stats = StatsOf(type, {"nan", "0.5", "2.5", "null"});
    ExpectNumbers(stats, {0.5, 1.5, 2.5, 2});
    EXPECT_EQ(stats.nulls, 1);
    EXPECT_EQ(stats.nans, 1);
  }
}

TEST(RowTotalsTest, InfinityIsAValueButNotOfTheMean) {
  ExpectNumbers(StatsOf("double", {"inf", "1"}), {1, 1, kInfinity, 2});
  ExpectNumbers(StatsOf("double", {"inf", "-inf", "3", "1"}),
                {-kInfinity, 2, kInfinity, 4});
  ExpectNumbers(StatsOf("double", {"inf"}),
                {kInfinity, kInfinity, kInfinity, 1});
}

TEST(RowTotalsTest, TheMeanLiesBetweenTheLeastAndTheGreatest) {
  const std::vector<std::string> large(10, "1e308");
  ExpectNumbers(StatsOf("double", large), {1e308, 1e308, 1e308, 1});
  const std::vector<std::string> small(1000, "0.2");
  EXPECT_EQ(StatsOf("double", small).mean, 0.2);
}

TEST(RowTotalsTest, ADecimalIsTheNumberThatItsTextIs) {
  EXPECT_EQ(StatsOf("decimal(3,1)", {"0.3"}).max, 0.3);
}

TEST(RowTotalsTest, OtherScalarsAreNumbersToo) {
  ExpectNumbers(StatsOf("bool", {"true", "false", "true", "true"}),
                {0, 0.75, 1, 2});
  ExpectNumbers(StatsOf("decimal(6,2)", {"1.25", "-0.25"}),
                {-0.25, 0.5, 1.25, 2});
  ExpectNumbers(StatsOf("timestamp", {"1970-01-01T00:00:01.5Z"}),
                {1.5, 1.5, 1.5, 1});
}

TEST(RowTotalsTest, OfTextsAndListsTheLengthCounts) {
  ExpectNumbers(StatsOf("string", {"", "abc", "abc", "\u00e4"}), {0, 2, 3, 3});
  ExpectNumbers(StatsOf("bytes", {"0x0102"}), {2, 2, 2, 1});
  ExpectNumbers(StatsOf("list<int64>", {"[]", "[1, null]", "[1, 2]"}),
                {0, 4.0 / 3, 2, 3});
}

TEST(RowTotalsTest, OfEmbeddingsTheNormCounts) {
  const ColumnStats stats =
      StatsOf("float[2]", {"[3, 4]", "[0, 0]", "[nan, 1]"});
  ExpectNumbers(stats, {0, 2.5, 5, 2});
  EXPECT_EQ(stats.nans, 1);
}

TEST(RowTotalsTest, WithoutAValueThereIsNothingToSay) {
  const ColumnStats stats = StatsOf("double", {"null", "nan"});
  ExpectNumbers(stats, {0, 0, 0, 0});
  EXPECT_THAT(stats.quantiles, IsEmpty());
}

TEST(RowTotalsTest, QuantilesStandAtTheirRanks) {
  std::vector<std::string> values;
  for (int i = 100; i >= 0; --i) values.push_back(std::to_string(i));
  EXPECT_THAT(StatsOf("int64", values).quantiles,
              ElementsAre(1, 25, 50, 75, 99));
}

TEST(RowTotalsTest, QuantilesOfASampleStandNearTheirRanks) {
  std::vector<std::string> values;
  for (int i = 0; i < 50'000; ++i) values.push_back(std::to_string(i));
  const std::vector<double> quantiles = StatsOf("int32", values).quantiles;
  ASSERT_EQ(quantiles.size(), kStatsQuantiles.size());
  for (size_t i = 0; i < quantiles.size(); ++i) {
    // The keys do not change: neither does the sample. Four standard errors.
    EXPECT_NEAR(quantiles[i] / 50'000, kStatsQuantiles[i], 0.022);
  }
}

}  // namespace
}  // namespace freshet
