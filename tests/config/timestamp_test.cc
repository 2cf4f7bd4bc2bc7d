// SPDX-License-Identifier: Apache-2.0
#include "config/timestamp.h"

#include <gtest/gtest.h>
#include <time.h>

#include <limits>
#include <random>

namespace freshet {
namespace {

TEST(TimestampTest, KnownMomentsHaveTheirNumber) {
  EXPECT_EQ(*ParseTimestamp("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(*ParseTimestamp("2013-12-31T23:59:59Z"), 1388534399'000000);
  EXPECT_EQ(*ParseTimestamp("1969-12-31T23:59:59.999999Z"), -1);
  EXPECT_EQ(*ParseTimestamp("2000-02-29t12:00:00.5z"), 951825600'500000);
  EXPECT_EQ(*ParseTimestamp("2013-03-10 01:59:59-05:00"), 1362898799'000000);
  EXPECT_EQ(*ParseTimestamp("1970-01-01T05:30:00+05:30"), 0);
}

TEST(TimestampTest, AMessageQuotesALittleOfALongText) {
  const auto wrong = ParseTimestamp(std::string(1 << 20, 'x'));
  ASSERT_FALSE(wrong.ok());
  EXPECT_LT(wrong.status().message().size(), 250U);
}

TEST(TimestampTest, OnlyTheDigitsNeededAreWritten) {
  EXPECT_EQ(FormatTimestamp(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(FormatTimestamp(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(FormatTimestamp(1'500'000), "1970-01-01T00:00:01.5Z");
}

TEST(TimestampTest, TheEndsOfInt64ComeBack) {
  for (const int64_t micros : {std::numeric_limits<int64_t>::min(),
                               std::numeric_limits<int64_t>::max()}) {
    EXPECT_EQ(*ParseTimestamp(FormatTimestamp(micros)), micros)
        << FormatTimestamp(micros);
  }
  EXPECT_EQ(FormatTimestamp(std::numeric_limits<int64_t>::max()),
            "+294247-01-10T04:00:54.775807Z");
  EXPECT_FALSE(ParseTimestamp("+294247-01-10T04:00:54.775808Z").ok());
  EXPECT_FALSE(ParseTimestamp("+999999-01-01T00:00:00Z").ok());
}

TEST(TimestampTest, RandomMomentsComeBackAndAgreeWithTheSystem) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 5'000; ++i) {
    const auto micros = static_cast<int64_t>(random());
    const std::string text = FormatTimestamp(micros);
    EXPECT_EQ(*ParseTimestamp(text), micros) << text;
    // Years 1 to 9999, as the system writes them.
    const int64_t seconds =
        static_cast<int64_t>(random() % 315'000'000'000) - 62'000'000'000;
    tm parts{};
    const time_t time = seconds;
    gmtime_r(&time, &parts);
    char expected[64];
    snprintf(expected, sizeof(expected), "%04d-%02d-%02dT%02d:%02d:%02dZ",
             parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
             parts.tm_hour, parts.tm_min, parts.tm_sec);
    EXPECT_EQ(FormatTimestamp(seconds * 1'000'000), expected);
  }
}

TEST(TimestampTest, WhatIsNoMomentIsRefused) {
  for (const char* text : {"",
                           "2013-12-31",
                           "2013-12-31T23:59:59",
                           "2013-12-31T23:59Z",
                           "2013-13-01T00:00:00Z",
                           "2013-00-01T00:00:00Z",
                           "2013-02-29T00:00:00Z",
                           "1900-02-29T00:00:00Z",
                           "2013-01-32T00:00:00Z",
                           "2013-01-01T24:00:00Z",
                           "2013-01-01T00:60:00Z",
                           "2013-01-01T00:00:60Z",
                           "2013-01-01T00:00:00.1234567Z",
                           "2013-01-01T00:00:00.Z",
                           "2013-01-01T00:00:00+1:00",
                           "2013-01-01T00:00:00+24:00",
                           "2013-01-01T00:00:00ZZ",
                           "13-01-01T00:00:00Z",
                           "+2013-01-01T00:00:00Z",
                           "2013-01-01T00:00:00 Z",
                           "now"}) {
    EXPECT_EQ(ParseTimestamp(text).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
}

}  // namespace
}  // namespace freshet
