// SPDX-License-Identifier: Apache-2.0
// Event times, from the file to the row and the version's as_of.
#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/timestamp.h"
#include "tests/loader/arrow_kit.h"
#include "tests/loader/load_kit.h"

namespace freshet {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// The as_of of a load on 2013-12-31T12:00:00Z of rows with these times.
std::string AsOf(const std::vector<std::string>& times) {
  LoadKit kit({{"id", "int64"}}, {});
  kit.spec().now_micros = *ParseTimestamp("2013-12-31T12:00:00Z");
  std::string csv = "id,ts\n";
  for (const std::string& time : times) {
    csv += std::to_string(csv.size()) + "," + time + "\n";
  }
  kit.Write("part.csv", csv);
  EXPECT_EQ(kit.Load(), absl::OkStatus());
  return FormatTimestamp(kit.manifest().as_of_micros);
}

TEST(AsOfTest, IsTheGreatestEventTimeThatIsNotAfterNow) {
  EXPECT_EQ(AsOf({"2013-12-30T00:00:00Z", "2013-12-31T00:00:00Z",
                  "2013-12-29T00:00:00Z"}),
            "2013-12-31T00:00:00Z");
  EXPECT_EQ(AsOf({"2013-12-31T12:00:00Z", "2013-12-31T12:00:00.000001Z"}),
            "2013-12-31T12:00:00Z");
}

TEST(AsOfTest, OneRowOfTheFutureDoesNotMakeASnapshotLookFresh) {
  EXPECT_EQ(AsOf({"2014-05-01T00:00:00Z", "2013-12-30T00:00:00Z",
                  "2100-01-01T00:00:00Z"}),
            "2013-12-30T00:00:00Z");
  EXPECT_EQ(AsOf({"1950-01-01T00:00:00Z", "2100-01-01T00:00:00Z"}),
            "1950-01-01T00:00:00Z");
}

TEST(AsOfTest, IsNowWhereEveryRowIsOfTheFuture) {
  EXPECT_EQ(AsOf({"2014-05-01T00:00:00Z"}), "2013-12-31T12:00:00Z");
}

TEST(AsOfTest, TheManifestStillSaysTheGreatestEventTime) {
  LoadKit kit({{"id", "int64"}}, {});
  kit.Write("part.csv",
            "id,ts\n1,2013-12-30T00:00:00Z\n2,2100-01-01T00:00:00Z\n");
  ASSERT_EQ(kit.Load(), absl::OkStatus());
  EXPECT_EQ(FormatTimestamp(kit.manifest().event_time_max_micros),
            "2100-01-01T00:00:00Z");
}

// What a load of one CSV file with this event time says.
std::string CsvError(const std::string& time, const std::string& zone = "",
                     DayPoint at_day = DayPoint::kNone) {
  LoadKit kit({{"id", "int64"}}, {});
  kit.spec().source.zone = zone;
  kit.spec().source.at_day = at_day;
  kit.Write("part.csv", "id,ts\n1," + time + "\n");
  return std::string(kit.Load().message());
}

constexpr std::string_view kOutside = "lies outside the years 1 to 9999";

TEST(TimeRangeTest, AnOffsetDoesNotCarryATextBeyondTheYears) {
  EXPECT_EQ(CsvError("9999-12-31T05:59:59-18:00"), "");
  EXPECT_THAT(CsvError("9999-12-31T23:59:59-18:00"),
              AllOf(HasSubstr("row 1: column 'ts'"), HasSubstr(kOutside)));
  EXPECT_THAT(CsvError("0001-01-01T00:00:00+00:01"), HasSubstr(kOutside));
}

TEST(TimeRangeTest, AZoneDoesNotCarryATextBeyondTheYears) {
  const std::string west = "America/New_York";
  EXPECT_EQ(CsvError("9999-12-31T18:59:59", west), "");
  EXPECT_THAT(CsvError("9999-12-31T19:00:00", west), HasSubstr(kOutside));
  EXPECT_THAT(CsvError("9999-12-31", "UTC", DayPoint::kEndOfDay),
              HasSubstr(kOutside));
  EXPECT_THAT(CsvError("0001-01-01", "Asia/Tokyo", DayPoint::kStartOfDay),
              HasSubstr(kOutside));
}

TEST(TimeRangeTest, ATextListHoldsNoTimeBeyondTheYears) {
  LoadKit kit({{"id", "int64"}}, {{"t", "list<timestamp>"}});
  kit.Write("part.csv",
            "id,ts,t\n1,2013-01-01T00:00:00Z,"
            "\"[2013-01-01T00:00:00Z, +10000-01-01T00:00:00Z]\"\n");
  EXPECT_THAT(std::string(kit.Load().message()), HasSubstr(kOutside));
}

TEST(TimeRangeTest, AZoneDoesNotCarryAColumnBeyondTheYears) {
  const auto load = [](const std::shared_ptr<arrow::DataType>& type,
                       const std::string& value, DayPoint at_day) {
    LoadKit kit({{"id", "int64"}}, {{"f", "timestamp"}});
    kit.spec().source.zone = "America/New_York";
    kit.spec().source.at_day = at_day;
    WriteParquet(kit.File("a.parquet"), *TableWith({"f", type, value}));
    return std::string(kit.Load().message());
  };
  const auto naive = arrow::timestamp(arrow::TimeUnit::MICRO);
  // 9999-12-31T18:59:59 and T19:00:00.
  EXPECT_EQ(load(naive, "[253402282799000000]", DayPoint::kNone), "");
  EXPECT_THAT(load(naive, "[253402282800000000]", DayPoint::kNone),
              HasSubstr(kOutside));
  EXPECT_EQ(load(arrow::date32(), "[2932896]", DayPoint::kStartOfDay), "");
  EXPECT_THAT(load(arrow::date32(), "[2932896]", DayPoint::kEndOfDay),
              HasSubstr(kOutside));
}

// Loads INT96 event times; what they became, or why not.
std::string LoadInt96(const std::vector<Int96Time>& times) {
  LoadKit kit({{"id", "int64"}}, {});
  kit.spec().source.zone = "UTC";
  WriteInt96(kit.File("a.parquet"), times);
  if (const absl::Status loaded = kit.Load(); !loaded.ok()) {
    return std::string(loaded.message());
  }
  std::string text;
  for (const auto& [key, row] : kit.Rows()) {
    text += FormatTimestamp(row.event_time_micros) + " ";
  }
  return text;
}

constexpr uint32_t kDay1970 = 2'440'588;
constexpr int64_t kDayNanos = 86'400'000'000'000;

TEST(Int96Test, TimesOfTheYears1To9999AreKept) {
  EXPECT_EQ(LoadInt96({{kDay1970, 0}, {kDay1970 - 1, kDayNanos - 1}}),
            "1970-01-01T00:00:00Z 1969-12-31T23:59:59.999999Z ");
  EXPECT_EQ(LoadInt96({{kDay1970 - 719'162, 0},
                       {kDay1970 + 2'932'896, kDayNanos - 1}}),
            "0001-01-01T00:00:00Z 9999-12-31T23:59:59.999999Z ");
}

TEST(Int96Test, WhatWouldWrapToAnotherTimeIsRefusedByItsPlace) {
  // The year 586512: as int64 of microseconds, some hours after 1970.
  EXPECT_THAT(LoadInt96({{kDay1970, 0}, {kDay1970 + 213'503'983, 0}}),
              AllOf(HasSubstr("file 'a.parquet': row group 1, row 2: column "
                              "'ts': the INT96 time of Julian day 215944571"),
                    HasSubstr("write the column as a timestamp")));
  for (const Int96Time& time :
       std::vector<Int96Time>{{kDay1970, -1},
                              {kDay1970, -5'000'000'000'000'000'000},
                              {kDay1970, kDayNanos},
                              {0, 0},
                              {kDay1970 - 719'163, 0},
                              {kDay1970 + 2'932'897, 0}}) {
    EXPECT_THAT(LoadInt96({time}), HasSubstr("none of the years 1 to 9999"))
        << time.julian_day << " " << time.nanos;
  }
}

}  // namespace
}  // namespace freshet
