// SPDX-License-Identifier: Apache-2.0
#include "server/push/column_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "config/value.h"
#include "freshet/v1/push.pb.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Type TypeOf(const std::string& text) { return *Type::Parse(text); }

v1::EventColumn Integers(
    const std::vector<int64_t>& values,
    v1::IntegerMeaning meaning = v1::INTEGER_MEANING_UNSPECIFIED) {
  v1::EventColumn column;
  column.set_name("x");
  column.mutable_integers()->Assign(values.begin(), values.end());
  column.set_integer_meaning(meaning);
  return column;
}

v1::EventColumn Doubles(const std::vector<double>& values) {
  v1::EventColumn column;
  column.set_name("x");
  column.mutable_doubles()->Assign(values.begin(), values.end());
  return column;
}

v1::EventColumn Strings(const std::vector<std::string>& values) {
  v1::EventColumn column;
  column.set_name("x");
  column.mutable_strings()->Assign(values.begin(), values.end());
  return column;
}

// All rows of a column as a type has them.
absl::StatusOr<ValueColumn> Read(const v1::EventColumn& column,
                                 const std::string& type) {
  const absl::StatusOr<size_t> rows = CheckColumn(column, TypeOf(type));
  if (!rows.ok()) return rows.status();
  std::vector<size_t> all(*rows);
  std::iota(all.begin(), all.end(), 0);
  ValueColumn out;
  out.type = TypeOf(type);
  out.Resize(*rows);
  const absl::Status filled = FillColumn(column, all, out);
  if (!filled.ok()) return filled;
  return out;
}

std::string WhyNot(const v1::EventColumn& column, const std::string& type) {
  const auto read = Read(column, type);
  if (read.ok()) return "it can";
  EXPECT_TRUE(absl::IsInvalidArgument(read.status()));
  return std::string(read.status().message());
}

TEST(ColumnValuesTest, EachTypeHasItsArray) {
  v1::EventColumn bools;
  bools.add_bools(true);
  bools.add_bools(false);
  EXPECT_THAT(Read(bools, "bool")->integers, ElementsAre(1, 0));
  EXPECT_THAT(Read(Integers({-5, 7}), "int32")->integers, ElementsAre(-5, 7));
  EXPECT_THAT(Read(Integers({1}), "timestamp")->integers, ElementsAre(1));
  EXPECT_THAT(Read(Integers({1250}), "decimal(6,2)")->integers,
              ElementsAre(1250));
  EXPECT_THAT(Read(Doubles({0.5}), "double")->reals, ElementsAre(0.5));
  EXPECT_THAT(Read(Doubles({0.1}), "float")->reals, ElementsAre(0.1F));
  EXPECT_THAT(Read(Strings({"", "Zoë"}), "string")->strings,
              ElementsAre("", "Zoë"));
  v1::EventColumn bytes;
  bytes.add_bytes("\xff");
  EXPECT_THAT(Read(bytes, "bytes")->strings, ElementsAre("\xff"));
}

TEST(ColumnValuesTest, AnotherArrayIsRefusedByNameAndType) {
  EXPECT_EQ(WhyNot(Doubles({1}), "int64"),
            "column 'x' holds doubles, and its type is int64");
  EXPECT_THAT(WhyNot(Strings({"1"}), "double"), HasSubstr("holds strings"));
  EXPECT_THAT(WhyNot(Integers({1}), "bool"), HasSubstr("type is bool"));
  EXPECT_THAT(WhyNot(Doubles({1}), "decimal(6,2)"), HasSubstr("holds doubles"));
  v1::EventColumn two = Integers({1});
  two.add_doubles(1);
  EXPECT_THAT(WhyNot(two, "double"), HasSubstr("holds integers and doubles"));
}

TEST(ColumnValuesTest, IntegersAreDoublesAndFloatsWhereTheyAreExact) {
  const int64_t most = int64_t{1} << 53;
  EXPECT_THAT(Read(Integers({-most, 3, most}), "double")->reals,
              ElementsAre(-std::pow(2, 53), 3.0, std::pow(2, 53)));
  EXPECT_THAT(WhyNot(Integers({3, most + 1}), "double"),
              HasSubstr("column 'x', row 1: 9007199254740993 is beyond"));
  EXPECT_THAT(Read(Integers({1 << 24}), "float")->reals,
              ElementsAre(16777216.0));
  EXPECT_THAT(WhyNot(Integers({(1 << 24) + 1}), "float"),
              HasSubstr("row 0: 16777217 is beyond"));
  EXPECT_THAT(WhyNot(Integers({std::numeric_limits<int64_t>::min()}), "double"),
              HasSubstr("is beyond"));
}

TEST(ColumnValuesTest, NumbersAreWholeAndNoTimestamps) {
  const auto numbers = [](const std::vector<int64_t>& values) {
    return Integers(values, v1::INTEGER_MEANING_NUMBER);
  };
  EXPECT_THAT(Read(numbers({12, -9999}), "decimal(6,2)")->integers,
              ElementsAre(1200, -999900));
  EXPECT_THAT(WhyNot(numbers({12, 10'000}), "decimal(6,2)"),
              HasSubstr("row 1: 10000 is beyond decimal(6,2)"));
  EXPECT_THAT(
      WhyNot(numbers({std::numeric_limits<int64_t>::min()}), "decimal(18,0)"),
      HasSubstr("is beyond"));
  EXPECT_THAT(Read(numbers({5}), "int64")->integers, ElementsAre(5));
  EXPECT_THAT(Read(numbers({5}), "double")->reals, ElementsAre(5.0));
  EXPECT_THAT(WhyNot(numbers({1'700'000'000}), "timestamp"),
              HasSubstr("holds numbers, and its type is timestamp"));
}

TEST(ColumnValuesTest, TimestampsAreNothingElse) {
  const auto times = Integers({1}, v1::INTEGER_MEANING_TIMESTAMP);
  EXPECT_THAT(Read(times, "timestamp")->integers, ElementsAre(1));
  for (const char* type : {"int64", "double", "decimal(6,2)"}) {
    EXPECT_THAT(WhyNot(times, type), HasSubstr("holds timestamps")) << type;
  }
  EXPECT_THAT(
      WhyNot(Integers({1}, static_cast<v1::IntegerMeaning>(9)), "int64"),
      HasSubstr("unknown integer_meaning 9"));
}

TEST(ColumnValuesTest, DecimalsAlsoComeAsText) {
  EXPECT_THAT(
      Read(Strings({"12.34", "-0.5", "7", "1.500"}), "decimal(6,2)")->integers,
      ElementsAre(1234, -50, 700, 150));
  EXPECT_THAT(WhyNot(Strings({"1", "12.345"}), "decimal(6,2)"),
              HasSubstr("column 'x', row 1: '12.345' does not fit"));
  EXPECT_THAT(WhyNot(Strings({"10000"}), "decimal(6,2)"),
              HasSubstr("does not fit"));
  EXPECT_THAT(WhyNot(Strings({"1e2"}), "decimal(6,2)"),
              HasSubstr("does not fit"));
  EXPECT_THAT(WhyNot(Strings({"null"}), "decimal(6,2)"),
              HasSubstr("'null' is no decimal"));
  EXPECT_THAT(WhyNot(Strings({""}), "decimal(6,2)"), HasSubstr("does not fit"));
}

TEST(ColumnValuesTest, WhereAllAreNullAnyArrayDoesOrNone) {
  const std::string nulls(2, '\1');
  v1::EventColumn bare;
  bare.set_nulls(nulls);
  v1::EventColumn doubles = Doubles({1, 2});
  doubles.set_nulls(nulls);
  for (const auto& column : {bare, doubles}) {
    const auto read = Read(column, "string");
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_THAT(read->states, ElementsAre(RowState::kNull, RowState::kNull));
  }
  doubles.set_nulls(std::string("\1\0", 2));
  EXPECT_THAT(WhyNot(doubles, "string"), HasSubstr("holds doubles"));
  bare.set_name("x");
  bare.set_nulls(std::string("\1\0", 2));
  EXPECT_THAT(WhyNot(bare, "string"),
              HasSubstr("'x' has 0 values and 2 bytes in 'nulls'"));
  doubles.set_nulls(std::string(3, '\1'));
  EXPECT_THAT(WhyNot(doubles, "string"), HasSubstr("holds doubles"));
}

TEST(ColumnValuesTest, Rule10WhatIsNotSaidIsNullAndMore) {
  v1::EventColumn column = Strings({"", "2.5", ""});
  column.set_nulls(std::string("\2\0\1", 3));
  const auto read = Read(column, "decimal(6,2)");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(read->states,
              ElementsAre(RowState::kNull, RowState::kValue, RowState::kNull));
  EXPECT_THAT(AbsentIn(column, {2, 0}), ElementsAre(0, 1));
  column.set_nulls(std::string("\1\0\1", 3));
  EXPECT_THAT(AbsentIn(column, {2, 0}), ElementsAre());
}

TEST(ColumnValuesTest, WhatStandsAtANullIsNotLookedAt) {
  v1::EventColumn column = Strings({"", "2.5"});
  column.set_nulls(std::string("\1\0", 2));
  const auto read = Read(column, "decimal(6,2)");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(read->states, ElementsAre(RowState::kNull, RowState::kValue));
  EXPECT_EQ(read->integers[1], 250);
}

TEST(ColumnValuesTest, OnlyChosenRowsAreRead) {
  const v1::EventColumn column = Integers({1, int64_t{1} << 40, 3});
  ValueColumn out;
  out.type = TypeOf("int32");
  out.Resize(2);
  ASSERT_TRUE(FillColumn(column, {0, 2}, out).ok());
  EXPECT_THAT(out.integers, ElementsAre(1, 3));
  EXPECT_THAT(std::string(FillColumn(column, {0, 1}, out).message()),
              HasSubstr("row 1: 1099511627776 is no int32"));
}

TEST(ColumnValuesTest, ADoubleBeyondAFloatIsRefusedAndInfinityIsNot) {
  EXPECT_THAT(WhyNot(Doubles({1, 1e300}), "float"),
              HasSubstr("row 1: 1e+300 is beyond a float"));
  const auto read =
      Read(Doubles({std::numeric_limits<double>::infinity()}), "float");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(std::isinf(read->reals[0]));
}

}  // namespace
}  // namespace freshet
