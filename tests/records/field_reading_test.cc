// SPDX-License-Identifier: Apache-2.0
#include "features/records/field_reading.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>

namespace freshet {
namespace {

using enum ValueEncoding;
using Limits = std::numeric_limits<int64_t>;

TEST(FieldReadingTest, CountsAreMicrosecondsRoundedDown) {
  EXPECT_EQ(MicrosOf(-2, kSeconds), -2'000'000);
  EXPECT_EQ(MicrosOf(2, kMillis), 2'000);
  EXPECT_EQ(MicrosOf(Limits::min(), kMicros), Limits::min());
  EXPECT_EQ(MicrosOf(1'999, kNanos), 1);
  EXPECT_EQ(MicrosOf(-1, kNanos), -1);
  EXPECT_EQ(MicrosOf(-1'000, kNanos), -1);
  EXPECT_EQ(MicrosOf(Limits::min(), kNanos), Limits::min() / 1'000 - 1);
  EXPECT_EQ(MicrosOf(-1, kDays), -86'400'000'000);
  EXPECT_EQ(MicrosOf(Limits::max(), kMillis), std::nullopt);
  EXPECT_EQ(MicrosOf(Limits::min(), kDays), std::nullopt);
}

// By the alphabet, without a table of its own.
std::string Encoded(const std::string& bytes) {
  const std::string alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bits;
  for (const char byte : bytes) {
    for (int bit = 7; bit >= 0; --bit) bits += (byte >> bit & 1) ? '1' : '0';
  }
  while (bits.size() % 6 != 0) bits += '0';
  std::string text;
  for (size_t i = 0; i < bits.size(); i += 6) {
    text += alphabet[std::stoul(bits.substr(i, 6), nullptr, 2)];
  }
  while (text.size() % 4 != 0) text += '=';
  return text;
}

TEST(FieldReadingTest, Base64IsReadBackAndNothingElseIs) {
  std::mt19937_64 random(1);
  std::string read;
  for (size_t length = 0; length < 50; ++length) {
    std::string bytes;
    while (bytes.size() < length) bytes += static_cast<char>(random());
    ASSERT_TRUE(DecodeBase64(Encoded(bytes), &read)) << Encoded(bytes);
    EXPECT_EQ(read, bytes);
  }
  for (const char* text : {"A", "AA", "AAA", "A===", "====", "AA=A", "AB==",
                           "AAB=", "A A=", "AA==AAAA", "AA-_", "AA==\n"}) {
    EXPECT_FALSE(DecodeBase64(text, &read)) << text;
  }
}

StreamField Decimal(uint8_t precision, uint8_t scale) {
  return {
      .name = "f",
      .type = {.kind = Kind::kDecimal, .precision = precision, .scale = scale}};
}

TEST(FieldReadingTest, DecimalsAreExactOrRefused) {
  const auto read = [](std::string bytes, int64_t scale, StreamField field) {
    const auto value = DecimalOf(field, bytes, scale);
    return value.ok() ? std::to_string(*value) : "refused";
  };
  const std::string one_and_a_quarter("\x7d");
  EXPECT_EQ(read(one_and_a_quarter, 2, Decimal(9, 2)), "125");
  EXPECT_EQ(read(one_and_a_quarter, 2, Decimal(9, 4)), "12500");
  EXPECT_EQ(read(one_and_a_quarter, 2, Decimal(9, 1)), "refused");
  EXPECT_EQ(read("\x78", 2, Decimal(9, 1)), "12");
  EXPECT_EQ(read(std::string("\0", 1), 38, Decimal(1, 0)), "0");
  EXPECT_EQ(read("\xff", 0, Decimal(1, 0)), "-1");
  EXPECT_EQ(read("\x09", 0, Decimal(1, 0)), "9");
  EXPECT_EQ(read("\x0a", 0, Decimal(1, 0)), "refused");
  EXPECT_EQ(read("\xf6", 0, Decimal(1, 0)), "refused");
  EXPECT_EQ(read("\xf7", 0, Decimal(1, 0)), "-9");
  EXPECT_EQ(read("", 0, Decimal(9, 0)), "refused");
  EXPECT_EQ(read("\x01", 39, Decimal(9, 0)), "refused");
  // However long its sign is written.
  EXPECT_EQ(read(std::string(30, '\xff') + "\x83", 0, Decimal(9, 0)), "-125");
  EXPECT_EQ(read(std::string(30, '\0') + "\x7d", 0, Decimal(9, 0)), "125");
  EXPECT_EQ(read("\x01" + std::string(16, '\0'), 0, Decimal(18, 0)), "refused");
  EXPECT_EQ(
      read(std::string(1, '\0') + std::string(16, '\xff'), 0, Decimal(18, 0)),
      "refused");
}

TEST(FieldReadingTest, AMeaningIsHeldAgainstTheDefinition) {
  const auto said = [](Type type, ValueEncoding encoding,
                       const std::string& name) {
    return std::string(
        CheckMeaning({.name = "f", .type = type, .encoding = encoding},
                     {.name = name})
            .message());
  };
  const Type time = {.kind = Kind::kTimestamp};
  const Type integer = {.kind = Kind::kInt64};
  const Type text = {.kind = Kind::kString};
  EXPECT_EQ(said(time, kNanos, "io.debezium.time.NanoTimestamp"), "");
  EXPECT_EQ(said(time, kUsual, "io.debezium.time.ZonedTimestamp"), "");
  EXPECT_EQ(said(integer, kUsual, "io.debezium.time.MicroTimestamp"), "");
  EXPECT_EQ(said(time, kUsual, "io.debezium.time.Date"),
            "field 'f' is io.debezium.time.Date: its encoding is 'days', and "
            "its definition says none");
  EXPECT_EQ(said(time, kText, "org.apache.kafka.connect.data.Timestamp"),
            "field 'f' is org.apache.kafka.connect.data.Timestamp: its "
            "encoding is 'millis', and its definition says 'text'");
  EXPECT_EQ(said(text, kUsual, "org.apache.kafka.connect.data.Decimal"),
            "field 'f' is a decimal, not of type string");
  EXPECT_EQ(
      said(Decimal(9, 2).type, kText, "org.apache.kafka.connect.data.Decimal"),
      "field 'f' is org.apache.kafka.connect.data.Decimal: its encoding "
      "is 'base64', and its definition says 'text'");
}

}  // namespace
}  // namespace freshet
