// SPDX-License-Identifier: Apache-2.0
// Each function and each CAST. What is expected is what DuckDB said, except
// where docs/expressions.md tells of a difference.
#include "features/expressions/functions/functions.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <vector>

#include "base/file.h"
#include "tests/expressions/one_row.h"

namespace freshet {
namespace {

struct Case {
  const char* text;
  const char* result;
};

void ExpectAll(const std::vector<Case>& cases) {
  for (const auto& [text, result] : cases) {
    EXPECT_EQ(ShownResult(text), result) << text;
  }
}

TEST(FunctionsTest, OfNumbers) {
  ExpectAll({{"abs(-i)", "int32 7"},
             {"abs(-m)", "decimal(5,2) 12.34"},
             {"sign(-l)", "int32 -1"},
             {"sign('nan'::double)", "int32 0"},
             {"round(d)", "double 3.0"},
             {"round(-d)", "double -3.0"},
             {"round(i)", "int32 7"},
             {"round(1234.567, 2)", "double 1234.57"},
             {"round(1234.567, -2)", "double 1200.0"},
             {"round(i + 8, -1)", "int32 20"},
             {"round(i + 2147483640, -1)", "int32 overflow"},
             {"round(l, -20)", "int64 0"},
             {"round(f - 0.35::float, 1)", "float 1.100000023841858"},
             {"floor(f)", "float 1.0"},
             {"floor(i)", "double 7.0"},
             {"ceil(m)", "double 13.0"},
             {"trunc(-d)", "double -2.0"},
             {"trunc(i)", "int32 7"},
             {"sqrt(i + 2)", "double 3.0"},
             {"sqrt(-i)", "double bad input"},
             {"ln(i - 6)", "double 0.0"},
             {"ln(i - 7)", "double bad input"},
             {"log10(100)", "double 2.0"},
             {"log2(8)", "double 3.0"},
             {"exp(i * 1000)", "double inf"},
             {"pow(2, i)", "double 128.0"},
             {"pow(i - 7, -1)", "double bad input"},
             {"isnan(f)", "bool false"},
             {"isinf('-inf'::float)", "bool true"}});
}

TEST(FunctionsTest, OfStrings) {
  ExpectAll({{"lower('AÉ')", "string aÉ"},
             {"upper(s)", "string Hé 12"},
             {"length(s)", "int64 5"},
             {"strlen(s)", "int64 6"},
             {"substr('hello', 2)", "string ello"},
             {"substr('hello', 2, 3)", "string ell"},
             {"substr('hello', 0, 3)", "string he"},
             {"substr('hello', -3, 2)", "string ll"},
             {"substr('hello', -10, 7)", "string he"},
             {"substr('hello', 2, -1)", "string h"},
             {"substr('hello', 10, -7)", "string llo"},
             {"substr('hello', -9223372036854775808)", "string hello"},
             {"substr('hello', 2, 9223372036854775807)", "string ello"},
             {"substr(s, 2, 1)", "string é"},
             {"trim('  a ') || '|'", "string a|"},
             {"ltrim(' a ') || '|'", "string a |"},
             {"rtrim(' a ') || '|'", "string  a|"},
             {"length(trim('\t\xC2\xA0'))", "int64 1"},
             {"starts_with(s, 'H')", "bool true"},
             {"ends_with(s, '')", "bool true"},
             {"contains(s, 'é 1')", "bool true"},
             {"contains('', 'a')", "bool false"},
             {"replace('aaa', 'aa', 'b')", "string ba"},
             {"replace('aaa', '', 'b')", "string aaa"},
             {"concat('a', n, 1.5, b, t)",
              "string a1.5true2024-02-29 "
              "12:30:00"},
             {"concat(n)", "string "},
             {"s || n", "string null"}});
}

TEST(FunctionsTest, OfPatterns) {
  ExpectAll(
      {{"'abc' LIKE 'a%'", "bool true"},
       {"'abc' LIKE 'a_'", "bool false"},
       {"'éb' LIKE '_b'", "bool true"},
       {"'abcabd' LIKE '%ab_'", "bool true"},
       {"'' LIKE '%%'", "bool true"},
       {"'a%c' LIKE 'a!%c' ESCAPE '!'", "bool true"},
       {"'abc' LIKE 'a!%c' ESCAPE '!'", "bool false"},
       {"s LIKE 'a!' ESCAPE '!'", "bool bad input"},
       {"'abc' NOT LIKE 'b%'", "bool true"},
       {"'aaaaaaaaaaaaaaaaaaaaaaaaab' LIKE '%a%a%a%a%a%a%a%c'", "bool false"}});
}

TEST(FunctionsTest, OfTimestamps) {
  ExpectAll(
      {{"epoch_us(t)", "int64 1709209800000000"},
       {"make_timestamp(epoch_us(t) + 1) > t", "bool true"},
       {"make_timestamp(l * 3000000000 + 223372036854775807)",
        "timestamp bad input"},
       {"t = '2024-02-29 13:30:00+01:00'::timestamp", "bool true"},
       {"t::string", "string 2024-02-29 12:30:00"},
       {"'2024-02-29'::timestamp::string", "string 2024-02-29 00:00:00"},
       {"TRY_CAST('2023-02-29' AS timestamp)", "timestamp null"},
       {"make_timestamp(-1)::string", "string 1969-12-31 23:59:59.999999"}});
}

TEST(FunctionsTest, CastsRoundAndRefuse) {
  ExpectAll(
      {{"2.5::int32", "int32 2"},
       {"3.5::int32", "int32 4"},
       {"CAST(d * 1e9 AS int32)", "int32 bad input"},
       {"9223372036854775807::double::string", "string 9.223372036854776e+18"},
       {"CAST(l AS int32)", "int32 bad input"},
       {"2.5::decimal(2,1)::int32", "int32 3"},
       {"'-2.5'::int32", "int32 -3"},
       {"' 12 '::int32", "int32 12"},
       {"1.45::decimal(3,1)", "decimal(3,1) 1.5"},
       {"'12.345'::decimal(5,2)", "decimal(5,2) 12.35"},
       {"TRY_CAST('999.995' AS decimal(5,2))", "decimal(5,2) null"},
       {"m::decimal(3,1)", "decimal(3,1) 12.3"},
       {"m::decimal(3,2)", "decimal(3,2) bad input"},
       {"m::double", "double 12.34"},
       // Digits that want to be rounded once, not twice.
       {"'121207239.96803970'::decimal(18,8)::double",
        "double 121207239.9680397"},
       {"-'0.184453518273256026'::decimal(18,18)::double",
        "double -0.18445351827325604"},
       {"'.5'::decimal(2,2)::string", "string .50"},
       {"m::string", "string 12.34"},
       {"1e16::string", "string 1e+16"},
       {"d::string", "string 2.5"},
       {"0.1::float::string", "string 0.1"},
       {"'nan'::double::string", "string nan"},
       {"TRY_CAST(1e300 * d AS float)", "float null"},
       {"'yes'::bool", "bool true"},
       {"TRY_CAST(' true' AS bool)", "bool null"},
       {"i::bool", "bool true"},
       {"b::int32", "int32 1"},
       {"i::bytes", "error at 2: there is no CAST of int32 to bytes"}});
}

TEST(FunctionsTest, AComputedStringHasABound) {
  // 7 * 2^13 bytes fit, twice as many do not.
  std::string text = "'1234567' || s || ''";
  for (int i = 0; i < 12; ++i) text = fmt::format("replace({}, '1', s)", text);
  EXPECT_THAT(ShownResult(text), testing::StartsWith("string "));
  std::string doubled = "s";
  for (int i = 0; i < 3; ++i) {
    doubled = fmt::format("replace({0}, '1', 'x{1}x{1}')", doubled,
                          std::string(120, '1'));
  }
  EXPECT_EQ(ShownResult(doubled), "string overflow");
}

// What begins a row of the table in docs/expressions.md.
TEST(FunctionsTest, EachIsDocumentedAndNoOther) {
  const auto docs = ReadFile(FRESHET_SOURCE_DIR "/docs/expressions.md");
  ASSERT_TRUE(docs.ok()) << docs.status();
  const std::regex row("\n\\| `([a-z0-9_]+)\\(");
  std::vector<std::string> documented;
  for (std::sregex_iterator it(docs->begin(), docs->end(), row), end; it != end;
       ++it) {
    documented.push_back((*it)[1]);
  }
  EXPECT_THAT(documented, testing::UnorderedElementsAreArray(FunctionNames()));
}

}  // namespace
}  // namespace freshet
