// SPDX-License-Identifier: Apache-2.0
// Event times, from the file to the row and the version's as_of.
#include <arrow/api.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

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

// Loads rows of one key with `duplicates: latest`; the number of the row that
// was kept.
std::string KeptOf(const std::function<void(LoadKit&)>& write) {
  LoadKit kit({{"id", "int64"}}, {{"w", "int64"}});
  kit.spec().source.duplicates = Duplicates::kLatest;
  kit.spec().source.zone = "UTC";
  write(kit);
  const absl::Status loaded = kit.Load();
  return loaded.ok() ? kit.Only("w") : std::string(loaded.message());
}

TEST(LatestTest, NanosecondsOfAColumnDecide) {
  const auto nano = arrow::timestamp(arrow::TimeUnit::NANO, "UTC");
  const auto kept = [&nano](const std::string& times) {
    return KeptOf([&](LoadKit& kit) {
      WriteParquet(kit.File("a.parquet"),
                   *TableOf({{"id", arrow::int64(), "[1, 1]"},
                             {"w", arrow::int64(), "[111, 222]"},
                             {"ts", nano, times}}));
    });
  };
  EXPECT_EQ(kept("[1388448000000000900, 1388448000000000100]"), "111");
  EXPECT_EQ(kept("[1388448000000000100, 1388448000000000900]"), "222");
  EXPECT_EQ(kept("[-100, -900]"), "111");
  EXPECT_EQ(kept("[-900, -900]"), "222");  // Equal: the last.
}

TEST(LatestTest, NanosecondsOfATextDecide) {
  const std::string day = "2013-12-31T00:00:00.123456";
  EXPECT_EQ(KeptOf([&](LoadKit& kit) {
              kit.Write("a.csv",
                        "id,ts,w\n1," + day + "9Z,111\n1," + day + "1Z,222\n");
            }),
            "111");
  EXPECT_EQ(KeptOf([&](LoadKit& kit) {
              kit.Write("a.jsonl", R"({"id":1,"w":111,"ts":")" + day +
                                       "9Z\"}\n" + R"({"id":1,"w":222,"ts":")" +
                                       day + "1Z\"}\n");
            }),
            "111");
}

TEST(LatestTest, NanosecondsDecideBetweenRunsOfASortToo) {
  EXPECT_EQ(KeptOf([](LoadKit& kit) {
              kit.spec().sort_buffer_bytes = 200;  // Two or three rows.
              std::string csv = "id,ts,w\n";
              for (const int nanos : {10, 20, 900, 30, 40, 50, 60, 70}) {
                csv += fmt::format("1,2013-12-31T00:00:00.000000{:03}Z,{}\n",
                                   nanos, nanos);
              }
              kit.Write("a.csv", csv);
            }),
            "900");
}

// Loads INT96 times of one key; the number of the row that was kept.
std::string KeptInt96(const std::vector<Int96Time>& times) {
  LoadKit kit({{"k", "int64"}}, {{"id", "int64"}});
  kit.spec().source.columns["k"] = "one";
  kit.spec().source.duplicates = Duplicates::kLatest;
  kit.spec().source.zone = "UTC";
  WriteInt96(kit.File("a.parquet"), times);
  const absl::Status loaded = kit.Load();
  return loaded.ok() ? kit.Only("id") : std::string(loaded.message());
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

TEST(Int96Test, NanosecondsDecideWhereAllTimesLieNear1970) {
  EXPECT_EQ(KeptInt96({{kDay1970, 900}, {kDay1970, 100}}), "1");
  EXPECT_EQ(KeptInt96({{kDay1970, 100}, {kDay1970, 900}}), "2");
  // To the microsecond, since the third needs it: equal, so the last.
  EXPECT_EQ(
      KeptInt96({{kDay1970, 900}, {kDay1970, 100}, {kDay1970 - 700'000, 0}}),
      "2");
}

}  // namespace
}  // namespace freshet
