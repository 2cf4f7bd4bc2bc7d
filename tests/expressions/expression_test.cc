// SPDX-License-Identifier: Apache-2.0
#include "features/expressions/expression.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "tests/expressions/one_row.h"

namespace freshet {
namespace {

struct Case {
  const char* text;
  const char* result;  // As Shown writes it: type and value.
};

// Columns of one row: i = 7, l = 3000000000, f = 1.5, d = 2.5, m = 12.34, s =
// 'Hé 12', b = TRUE, t = 2024-02-29 12:30:00, n = NULL (an int32).
void ExpectAll(const std::vector<Case>& cases) {
  for (const auto& [text, result] : cases) {
    EXPECT_EQ(ShownResult(text), result) << text;
  }
}

TEST(ExpressionTest, LiteralsHaveTheNarrowestType) {
  ExpectAll({{"1", "int32 1"},
             {"2147483647", "int32 2147483647"},
             {"2147483648", "int64 2147483648"},
             {"-2147483648", "int32 -2147483648"},
             {"-9223372036854775808", "int64 -9223372036854775808"},
             {"1.5", "double 1.5"},
             {".5", "double 0.5"},
             {"1e3", "double 1000.0"},
             {"1E-2", "double 0.01"},
             {"'it''s'", "string it's"},
             {"''", "string "},
             {"true", "bool true"},
             {"CAST(NULL AS int64)", "int64 null"}});
}

TEST(ExpressionTest, OperatorsBindAsInSql) {
  ExpectAll({{"1 + 2 * 3", "int32 7"},
             {"(1 + 2) * 3", "int32 9"},
             {"7 - 2 - 1", "int32 4"},
             {"- -5", "int32 5"},
             {"-i + 10", "int32 3"},
             {"1 || 2 + 3", "string 15"},
             {"'a' || 'b' = 'ab'", "bool true"},
             {"NOT TRUE AND FALSE", "bool false"},
             {"NOT 1 = 2", "bool true"},
             {"TRUE OR TRUE AND FALSE", "bool true"},
             {"2 = 2 IS NOT NULL", "bool true"},
             {"TRUE = 1 BETWEEN 0 AND 2", "bool true"},
             {"1 BETWEEN 0 AND 2 AND FALSE", "bool false"},
             {"1 IN (2) IS TRUE", "bool false"},
             {"'ab' LIKE 'a' || '%'", "bool true"},
             {"-2::double", "double -2.0"},
             {"'12'::int32::string || 'x'", "string 12x"}});
}

TEST(ExpressionTest, NumbersMeetInTheirCommonType) {
  ExpectAll({{"i + l", "int64 3000000007"},
             {"i + f", "float 8.5"},
             {"f + d", "double 4.0"},
             {"i / 2", "double 3.5"},
             {"f / f", "float 1.0"},
             {"i // 2", "int32 3"},
             {"-i // 2", "int32 -3"},
             {"-i % 4", "int32 -3"},
             {"d % 2", "double 0.5"},
             {"m + m", "decimal(6,2) 24.68"},
             {"m + 1", "decimal(13,2) 13.34"},
             {"m * 2", "double 24.68"},
             {"m > 12", "bool true"},
             {"-m", "decimal(5,2) -12.34"},
             {"m + d", "double 14.84"},
             {"CASE WHEN b THEN i ELSE d END", "double 7.0"}});
}

TEST(ExpressionTest, ADivisionByZeroIsNull) {
  ExpectAll({{"i / 0", "double null"},
             {"i // 0", "int32 null"},
             {"i % 0", "int32 null"},
             {"d / 0.0", "double null"},
             {"d % -0.0", "double null"},
             {"d / (d - 2.5)", "double null"}});
}

TEST(ExpressionTest, WhatDoesNotFitIsAnOverflowOfItsRow) {
  ExpectAll({{"i + 2147483647", "int32 overflow"},
             {"l * l * 10", "int64 overflow"},
             {"-(i - 2147483647 - 8)", "int32 overflow"},
             {"'9999999999999999.99'::decimal(18,2) + m::decimal(18,2)",
              "decimal(18,2) overflow"},
             {"repeat_me",
              "error at 1: there is no 'repeat_me'; there are "
              "i, l, f, d, m, s, b, t, n"}});
}

TEST(ExpressionTest, LogicHasThreeValues) {
  ExpectAll({{"n = 1 AND FALSE", "bool false"},
             {"n = 1 AND TRUE", "bool null"},
             {"n = 1 OR TRUE", "bool true"},
             {"n = 1 OR FALSE", "bool null"},
             {"NOT (n = 1)", "bool null"},
             {"n IS NULL", "bool true"},
             {"(n = 1) IS TRUE", "bool false"},
             {"(n = 1) IS NOT FALSE", "bool true"},
             {"n IS DISTINCT FROM NULL", "bool false"},
             {"n IS NOT DISTINCT FROM 1", "bool false"},
             {"i IN (1, 7, NULL)", "bool true"},
             {"i IN (1, NULL)", "bool null"},
             {"i NOT IN (1, 2)", "bool true"},
             {"i BETWEEN 8 AND n", "bool false"},
             {"i BETWEEN 1 AND n", "bool null"}});
}

TEST(ExpressionTest, FailuresThatAreNotChosenAreNone) {
  ExpectAll({{"FALSE AND s::int32 > 1", "bool false"},
             {"s::int32 > 1 AND FALSE", "bool bad input"},
             {"TRUE OR s::int32 > 1", "bool true"},
             {"CASE WHEN b THEN 1 ELSE s::int32 END", "int32 1"},
             {"CASE WHEN s::bool THEN 1 ELSE 2 END", "int32 bad input"},
             {"coalesce(i, s::int32)", "int32 7"},
             {"n + s::int32", "int32 bad input"},
             {"s::int32 IS NULL", "bool bad input"},
             {"TRY_CAST(s AS int32)", "int32 null"},
             {"TRY_CAST(i + 2147483647 AS string)", "string overflow"}});
}

TEST(ExpressionTest, NanIsEqualToItselfAndGreatest) {
  ExpectAll({{"'nan'::double = 'nan'::double", "bool true"},
             {"'nan'::double > 'inf'::double", "bool true"},
             {"d < 'nan'::double", "bool true"},
             {"greatest(d, 'nan'::double)", "double nan"},
             {"least('nan'::double, d, NULL)", "double 2.5"},
             {"-0.0 = 0.0", "bool true"},
             {"-0.0 < 0.0", "bool false"}});
}

TEST(ExpressionTest, ChoicesTakeWhatIsThere) {
  ExpectAll({{"coalesce(n, i, 1)", "int32 7"},
             {"nullif(i, 7)", "int32 null"},
             {"nullif(i, n)", "int32 7"},
             {"if(n = 1, 'a', 'b')", "string b"},
             {"CASE i WHEN 1 THEN 'a' WHEN 7 THEN 'b' END", "string b"},
             {"CASE n WHEN NULL THEN 'a' ELSE 'b' END", "string b"},
             {"greatest(n, 3, i)", "int32 7"},
             {"least('b', s, 'a')", "string Hé 12"}});
}

TEST(ExpressionTest, NamesMayBeDottedQuotedAndWordsOfTheGrammar) {
  const std::vector<ExpressionInput> inputs = {
      {"checkout.amount", {.kind = Kind::kInt32}},
      {"select one", {.kind = Kind::kInt32}},
      {"case", {.kind = Kind::kInt32}},
      {"unused", {.kind = Kind::kInt32, .list = true}}};

  const auto expression = Expression::Compile(
      "checkout.\"amount\" + checkout.amount * \"case\"", inputs);

  ASSERT_TRUE(expression.ok()) << expression.status();
  EXPECT_EQ(expression->used_inputs(), (std::vector<uint32_t>{0, 2}));
  EXPECT_EQ(expression->type(), (Type{.kind = Kind::kInt32}));
}

TEST(ExpressionTest, ConstantsAreComputedOnce) {
  const std::vector<ExpressionInput> inputs = {{"i", {.kind = Kind::kInt32}}};

  const auto constant = Expression::Compile("lower('A') || 1 + 2 * 3", inputs);
  const auto mixed = Expression::Compile("i + (1 + 2 * 3)", inputs);

  ASSERT_TRUE(constant.ok() && mixed.ok());
  EXPECT_TRUE(constant->program().steps.empty());
  EXPECT_EQ(mixed->program().steps.size(), 1U);
}

TEST(ExpressionTest, AnEvaluatorTakesBatchesOfAnySize) {
  const std::vector<ExpressionInput> inputs = {{"s", {.kind = Kind::kString}}};
  const auto expression = Expression::Compile("s || 'x' || s", inputs);
  ASSERT_TRUE(expression.ok()) << expression.status();
  Evaluator evaluator(*expression);
  ValueColumn column;
  column.type.kind = Kind::kString;
  for (const size_t rows : {1U, 100U, 0U, 3U, 1000U, 2U}) {
    std::vector<std::string> texts;
    for (size_t i = 0; i < rows; ++i) texts.push_back(std::to_string(i));
    column.Resize(rows);
    for (size_t i = 0; i < rows; ++i) {
      column.states[i] = i % 3 == 0 ? RowState::kNull : RowState::kValue;
      column.strings[i] = texts[i];
    }

    const ValueColumn& result = evaluator.Evaluate({&column}, rows);

    for (size_t i = 0; i < rows; ++i) {
      ASSERT_EQ(result.states[i], column.states[i]);
      if (i % 3 == 0) continue;
      EXPECT_EQ(result.strings[i], texts[i] + "x" + texts[i]);
    }
  }
}

TEST(ExpressionTest, FailuresOfInputsAreThoseOfTheResult) {
  const std::vector<ExpressionInput> inputs = {{"i", {.kind = Kind::kInt32}}};
  const auto expression = Expression::Compile("i + 1", inputs);
  ASSERT_TRUE(expression.ok());
  ValueColumn column;
  column.type.kind = Kind::kInt32;
  column.Resize(2);
  column.states = {RowState::kBadInput, RowState::kOverflow};
  Evaluator evaluator(*expression);

  const ValueColumn& result = evaluator.Evaluate({&column}, 2);

  EXPECT_EQ(result.states, column.states);
}

}  // namespace
}  // namespace freshet
