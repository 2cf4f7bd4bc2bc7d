// SPDX-License-Identifier: Apache-2.0
#include "config/value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace freshet {
namespace {

using ::testing::HasSubstr;

Type TypeOf(const char* text) { return *Type::Parse(text); }

// What `text` becomes when it is read and written again.
std::string Again(const char* type, std::string_view text) {
  const auto value = ParseValue(TypeOf(type), text);
  if (!value.ok()) return std::string(value.status().message());
  return FormatValue(TypeOf(type), *value);
}

void ExpectRefused(const char* type, std::string_view text,
                   std::string_view wanted) {
  const auto value = ParseValue(TypeOf(type), text);
  EXPECT_EQ(value.status().code(), absl::StatusCode::kInvalidArgument)
      << type << " took " << text;
  EXPECT_THAT(std::string(value.status().message()),
              HasSubstr(std::string(wanted)));
}

TEST(ValueTest, IntegersKeepAllBits) {
  EXPECT_EQ(Again("int64", "9007199254740993"), "9007199254740993");
  EXPECT_EQ(Again("int64", "-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(Again("int32", "+2147483647"), "2147483647");
  ExpectRefused("int64", "9223372036854775808", "a whole number");
  ExpectRefused("int32", "2147483648", "from -2147483648 to 2147483647");
  ExpectRefused("int64", "1.0", "a whole number");
  ExpectRefused("int64", "", "a whole number");
  ExpectRefused("int64", " 1", "a whole number");
  ExpectRefused("int64", "+-1", "a whole number");
}

TEST(ValueTest, BoolsAreTrueOrFalse) {
  EXPECT_EQ(Again("bool", "true"), "true");
  ExpectRefused("bool", "1", "true or false");
}

TEST(ValueTest, DoublesAreWrittenShortestAndReadBack) {
  EXPECT_EQ(Again("double", "0.1"), "0.1");
  EXPECT_EQ(Again("double", "5"), "5.0");
  EXPECT_EQ(Again("double", "-0.0"), "-0.0");
  EXPECT_EQ(Again("double", "1e300"), "1e+300");
  EXPECT_EQ(Again("double", ".nan"), "nan");
  EXPECT_EQ(Again("double", "nan"), "nan");
  EXPECT_EQ(Again("double", "-.inf"), "-inf");
  EXPECT_EQ(Again("double", "inf"), "inf");
  EXPECT_EQ(Again("float", "0.1"), "0.1");
  ExpectRefused("double", "1e400", "a number within its range");
  ExpectRefused("float", "1e39", "a number within its range");
  ExpectRefused("double", "0x10", "a number");
  ExpectRefused("double", "nan(1)", "a number");
}

TEST(ValueTest, RandomDoublesComeBackBitByBit) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const Type type = TypeOf("double");
  for (int i = 0; i < 2'000; ++i) {
    const Value value(std::bit_cast<double>(random()));
    const std::string text = FormatValue(type, value);
    EXPECT_EQ(*ParseValue(type, text), value) << text;
  }
}

TEST(ValueTest, ADecimalHasItsScaleAndNoMoreDigits) {
  EXPECT_EQ(Again("decimal(10,2)", "3.5"), "3.50");
  EXPECT_EQ(Again("decimal(10,2)", "-0.05"), "-0.05");
  EXPECT_EQ(Again("decimal(10,2)", "3.5000"), "3.50");
  EXPECT_EQ(Again("decimal(10,2)", "0"), "0.00");
  EXPECT_EQ(Again("decimal(3,0)", "999"), "999");
  EXPECT_EQ(Again("decimal(3,3)", "0.999"), "0.999");
  EXPECT_EQ(Again("decimal(18,0)", "-999999999999999999"),
            "-999999999999999999");
  const auto value = ParseValue(TypeOf("decimal(10,2)"), "12345678.90");
  EXPECT_EQ(std::get<int64_t>(value->v), 1234567890);
  ExpectRefused("decimal(10,2)", "3.505", "2 after it");
  ExpectRefused("decimal(10,2)", "123456789.00", "8 digits before");
  ExpectRefused("decimal(3,0)", "1000", "3 digits before");
  for (const char* text :
       {"", "-", ".", ".5", "5.", "1e2", "1,5", "--1", "1.-5", "0x1", "+-1"}) {
    ExpectRefused("decimal(10,2)", text, "a number of at most");
  }
}

TEST(ValueTest, BytesAreHexadecimal) {
  const auto value = ParseValue(TypeOf("bytes"), "0x00fFa0");
  EXPECT_EQ(std::get<std::string>(value->v), std::string("\x00\xff\xa0", 3));
  EXPECT_EQ(Again("bytes", "0x00fFa0"), "0x00ffa0");
  EXPECT_EQ(Again("bytes", "0x"), "0x");
  for (const char* text : {"", "00", "0x0", "0xzz", "0x-1", "0x 1"}) {
    ExpectRefused("bytes", text, "hexadecimal");
  }
}

TEST(ValueTest, StringsAreTakenAsTheyAre) {
  for (const char* text : {"", "AA", "a, b", "1", "[x]", "null ", "\xc3\xa9"}) {
    const auto value = ParseValue(TypeOf("string"), text);
    ASSERT_TRUE(value.ok()) << value.status();
    EXPECT_EQ(std::get<std::string>(value->v), text);
  }
  ExpectRefused("string", "\xff", "UTF-8");
  ExpectRefused("string", "\"open", "JSON");
}

TEST(ValueTest, StringsThatWouldBeMisreadAreQuoted) {
  const Type type = TypeOf("string");
  for (const char* text :
       {"null", "\"", "\"a\"", " a", "a ", "a\nb", "\x1b["}) {
    const std::string written = FormatValue(type, Value(std::string(text)));
    EXPECT_EQ(written.front(), '"') << written;
    EXPECT_EQ(*ParseValue(type, written), Value(std::string(text)));
  }
  EXPECT_TRUE(ParseValue(type, "null")->IsNull());
}

TEST(ValueTest, AStringWithAZeroByteComesBack) {
  const Value value(std::string("a\0b", 3));
  EXPECT_EQ(*ParseValue(TypeOf("string"), FormatValue(TypeOf("string"), value)),
            value);
}

TEST(ValueTest, NullEmptyListAndListOfNullAreThreeThings) {
  const Type type = TypeOf("list<int64>");
  EXPECT_EQ(Again("list<int64>", "null"), "null");
  EXPECT_EQ(Again("list<int64>", "[]"), "[]");
  EXPECT_EQ(Again("list<int64>", "[ null,1 , 2 ]"), "[null, 1, 2]");
  EXPECT_FALSE(*ParseValue(type, "[]") == *ParseValue(type, "null"));
  EXPECT_FALSE(*ParseValue(type, "[]") == *ParseValue(type, "[null]"));
}

TEST(ValueTest, ListsOfStringsMayHoldCommasInQuotes) {
  EXPECT_EQ(Again("list<string>", R"([a, "b, \"c]", null, "null"])"),
            R"(["a", "b, \"c]", null, "null"])");
}

TEST(ValueTest, QuotesAndBracketsInListsOfStringsWantDoubleQuotes) {
  for (const char* text : {"['a', 'b']", "[[\"a\"]]", "[{a}]", "[it's]"}) {
    ExpectRefused("list<string>", text, "double quotes");
  }
  EXPECT_EQ(Again("list<string>", R"(["it's", "[a]"])"), R"(["it's", "[a]"])");
}

TEST(ValueTest, RaggedListsAreRefused) {
  for (const char* text : {"1, 2", "[1, 2", "[1,,2]", "[1,]", "[,]", "", "["}) {
    ExpectRefused("list<int64>", text, "takes");
  }
}

TEST(ValueTest, AFixedListHasItsLengthAndNoNulls) {
  EXPECT_EQ(Again("float[2]", "[1, 0.5]"), "[1.0, 0.5]");
  ExpectRefused("float[2]", "[1]", "1 elements");
  ExpectRefused("float[2]", "[1, null]", "null");
  EXPECT_EQ(Again("float[2]", "null"), "null");
}

TEST(ValueTest, ATimestampNeedsItsZone) {
  EXPECT_EQ(Again("timestamp", "2013-12-31T18:59:59-05:00"),
            "2013-12-31T23:59:59Z");
  ExpectRefused("timestamp", "2013-12-31", "RFC 3339 with a zone");
}

TEST(ValueTest, EqualityIsOfBits) {
  EXPECT_EQ(Value(std::nan("")), Value(-std::nan("1")));
  EXPECT_FALSE(Value(0.0) == Value(-0.0));
  EXPECT_FALSE(Value(int64_t{1}) == Value(1.0));
  EXPECT_FALSE(Value() == Value(int64_t{0}));
  EXPECT_EQ(Value(Value::List{Value(std::nan(""))}),
            Value(Value::List{Value(std::nan(""))}));
}

}  // namespace
}  // namespace freshet
