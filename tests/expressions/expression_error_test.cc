// SPDX-License-Identifier: Apache-2.0
#include "features/expressions/expression_error.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "features/expressions/expression.h"
#include "tests/expressions/one_row.h"

namespace freshet {
namespace {

TEST(ExpressionErrorTest, SaysWhereAndWhat) {
  const auto expression =
      Expression::Compile("1 + amout", {{"amount", {.kind = Kind::kInt32}}});

  ASSERT_TRUE(absl::IsInvalidArgument(expression.status()));
  const ExpressionError error = ExpressionErrorOf(expression.status());
  EXPECT_EQ(error.offset, 4U);
  EXPECT_EQ(error.message, "there is no 'amout'; did you mean 'amount'?");
  EXPECT_EQ(expression.status().message(),
            "at 5: there is no 'amout'; did you mean 'amount'?");
}

TEST(ExpressionErrorTest, EachMistakeHasItsMessage) {
  struct Case {
    const char* text;
    const char* message;
  };
  const std::vector<Case> cases = {
      {"", "at 1: the end stands where a value is wanted"},
      {"1 +", "at 4: the end stands where a value is wanted"},
      {"1 2", "at 3: '2' stands where an operator or the end is wanted"},
      {"(1", "at 3: the end stands where ')' is wanted"},
      {"1 = 'a", "at 5: this ' is not closed"},
      {"i & 1", "at 3: '&' means nothing here"},
      {"--1",
       "at 1: '--' begins a comment in SQL, and there are none here; "
       "for two signs write a space between them"},
      {"12ab", "at 1: a number ends in 'ab'"},
      {"9223372036854775808", "at 1: '9223372036854775808' does not fit int64"},
      {"1e999", "at 1: '1e999' does not fit double"},
      {"1 < 2 < 3",
       "at 7: a comparison of a comparison: join them with AND, "
       "or write parentheses"},
      {"i IS 1",
       "at 6: '1' stands where NULL, TRUE, FALSE or DISTINCT FROM is "
       "wanted"},
      {"i NOT 1", "at 7: '1' stands where BETWEEN, IN or LIKE is wanted"},
      {"i IN ()", "at 7: ')' stands where a value is wanted"},
      {"CASE WHEN b THEN 1", "at 19: the end stands where END is wanted"},
      {"CASE WHEN i THEN 1 END", "at 11: a condition is a bool, not int32"},
      {"s LIKE 'a' ESCAPE 'ab'",
       "at 19: ESCAPE takes one ASCII character in quotes"},
      {"lowr(s)", "at 1: there is no function 'lowr'; did you mean 'lower'?"},
      {"i::intt",
       "at 4: 'intt' is not a type here; there are bool, int32 "
       "(int), int64 (bigint), float (real), double, "
       "decimal(precision, scale), string (varchar), bytes and "
       "timestamp"},
      {"i::decimal('5', 2)", "at 12: a string stands where a number is wanted"},
      {"i::decimal(5, 2", "at 16: the end stands where ')' is wanted"},
      {"s + 1",
       "at 3: + does not take (string, int32); it takes (int32, "
       "int32), (int64, int64), (decimal, decimal), (float, float), "
       "(double, double)"},
      {"i = s", "at 3: = of int32 and string: make them one type with CAST"},
      {"s AND b",
       "at 3: AND does not take (string, bool); it takes (bool, "
       "bool)"},
      {"t::int64", "at 2: there is no CAST of timestamp to int64"},
      {"NULL",
       "at 1: this is always NULL, of no type: write CAST(NULL AS "
       "type)"},
      {"2147483647 + 1", "at 12: this always exceeds int32"},
      {"i + 'x'::int32",
       "at 8: this always fails: its value is none for int32"},
      {"IF(b, 1)", "at 1: IF takes 3 arguments, not 2"},
  };
  for (const auto& [text, message] : cases) {
    EXPECT_EQ(ShownResult(text), fmt::format("error {}", message)) << text;
  }
}

std::string Repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST(ExpressionErrorTest, CostIsBounded) {
  EXPECT_THAT(ShownResult(Repeated("(", 65) + "1" + Repeated(")", 65)),
              testing::HasSubstr("nested more than 64 deep"));
  EXPECT_THAT(ShownResult(Repeated("NOT ", 100) + "b"),
              testing::HasSubstr("nested more than 64 deep"));
  EXPECT_THAT(ShownResult("i" + Repeated("+i", 513)),
              testing::HasSubstr("at 1026: more than 512 operations"));
  EXPECT_THAT(ShownResult("i" + Repeated(" ", 4096)),
              testing::HasSubstr("at 4097: 4097 bytes, more than 4096"));
}

TEST(ExpressionErrorTest, TheDeepestAndTheLongestAreTaken) {
  EXPECT_EQ(ShownResult(Repeated("(", 63) + "i" + Repeated(")", 63)),
            "int32 7");
  EXPECT_EQ(ShownResult("i" + Repeated("+i", 512)), "int32 3591");
}

// `x BETWEEN` names x once, so that shorthands in each other stay cheap.
TEST(ExpressionErrorTest, AShorthandCostsWhatItIsLong) {
  std::string text = "i";
  for (int i = 0; i < 60; ++i) text = fmt::format("nullif({}, 1)", text);
  EXPECT_EQ(ShownResult(text), "int32 7");
}

}  // namespace
}  // namespace freshet
