// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "config/timestamp.h"
#include "loader/rows/text_time.h"
#include "loader/rows/time_zone.h"

namespace freshet {
namespace {

class TimeTest : public testing::Test {
 protected:
  std::string At(const std::string& text, DayPoint at_day = DayPoint::kNone) {
    const auto at = ParseTextTime(text, TimeRules{&zone_, at_day});
    return at.ok() ? FormatTimestamp(at->micros)
                   : std::string(at.status().message());
  }

  TimeZone zone_ = *TimeZone::Load("America/New_York");
};

TEST_F(TimeTest, LocalTimesFollowTheZonesOffset) {
  EXPECT_EQ(At("2013-01-01T00:00:00"), "2013-01-01T05:00:00Z");
  EXPECT_EQ(At("2013-07-01 00:00"), "2013-07-01T04:00:00Z");
}

TEST_F(TimeTest, ASkippedTimeIsReadByTheOffsetBeforeTheChange) {
  EXPECT_EQ(At("2013-03-10T01:59:59.999999"), "2013-03-10T06:59:59.999999Z");
  EXPECT_EQ(At("2013-03-10T02:30:00"), "2013-03-10T07:30:00Z");
  EXPECT_EQ(At("2013-03-10T03:30:00"), "2013-03-10T07:30:00Z");
}

TEST_F(TimeTest, ARepeatedTimeIsTheLaterOne) {
  EXPECT_EQ(At("2013-11-03T00:59:59"), "2013-11-03T04:59:59Z");
  EXPECT_EQ(At("2013-11-03T01:30:00"), "2013-11-03T06:30:00Z");
  EXPECT_EQ(At("2013-11-03T02:00:00"), "2013-11-03T07:00:00Z");
}

TEST_F(TimeTest, DaysOfChangedClocksHave23And25Hours) {
  EXPECT_EQ(At("2013-03-10", DayPoint::kStartOfDay), "2013-03-10T05:00:00Z");
  EXPECT_EQ(At("2013-03-10", DayPoint::kEndOfDay), "2013-03-11T04:00:00Z");
  EXPECT_EQ(At("2013-11-03", DayPoint::kStartOfDay), "2013-11-03T04:00:00Z");
  EXPECT_EQ(At("2013-11-03", DayPoint::kEndOfDay), "2013-11-04T05:00:00Z");
}

TEST_F(TimeTest, ADayWhoseMidnightIsSkippedBeginsAtTheChange) {
  const TimeZone zone = *TimeZone::Load("America/Sao_Paulo");
  const auto at =
      ParseTextTime("2013-10-20", TimeRules{&zone, DayPoint::kStartOfDay});
  EXPECT_EQ(FormatTimestamp(at->micros), "2013-10-20T03:00:00Z");
}

TEST_F(TimeTest, AZoneInTheTextWins) {
  EXPECT_EQ(At("2013-01-01T00:00:00Z"), "2013-01-01T00:00:00Z");
  EXPECT_EQ(At("2013-01-01T00:00:00+01"), "2012-12-31T23:00:00Z");
  EXPECT_EQ(At("2013-01-01T00:00:00-0130"), "2013-01-01T01:30:00Z");
  EXPECT_EQ(At("1969-12-31T23:59:59.123456789Z"),
            "1969-12-31T23:59:59.123456Z");
}

TEST_F(TimeTest, NanosecondsCountForwardFromTheMicrosecond) {
  const auto nanos = [this](const std::string& text) {
    const auto at = ParseTextTime(text, TimeRules{&zone_, DayPoint::kNone});
    return at.ok() ? at->nanos : -1;
  };
  EXPECT_EQ(nanos("2013-01-01T00:00:00.123456789Z"), 789);
  EXPECT_EQ(nanos("1969-12-31T23:59:59.1234567+01:00"), 700);
  EXPECT_EQ(nanos("2013-01-01T00:00:00.123456"), 0);
}

TEST_F(TimeTest, WhatIsNoTimeIsRefused) {
  for (const std::string text :
       {"", "2013", "2013-1-01T00:00:00Z", "2013-02-29T00:00:00Z",
        "2013-01-01T24:00:00Z", "2013-01-01T00:60:00Z", "2013-01-01T00:00:00.Z",
        "2013-01-01T00:00:00.1234567890Z", "2013-01-01T00:00:00z",
        "2013-01-01T00:00:00+1", "2013-01-01T00:00:00Z ",
        "0000-01-01T00:00:00Z", "2013-01-01x00:00:00Z"}) {
    EXPECT_FALSE(ParseTextTime(text, TimeRules{&zone_, DayPoint::kNone}).ok())
        << text;
  }
}

TEST_F(TimeTest, WithoutRulesLocalTimesAndDatesAreRefused) {
  EXPECT_FALSE(ParseTextTime("2013-01-01T00:00:00", TimeRules{}).ok());
  EXPECT_FALSE(
      ParseTextTime("2013-01-01", TimeRules{&zone_, DayPoint::kNone}).ok());
}

}  // namespace
}  // namespace freshet
