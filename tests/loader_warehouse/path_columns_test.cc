// SPDX-License-Identifier: Apache-2.0
// What warehouses write besides files: names of directories that hold values,
// columns in upper case, table formats that are not plain files.
#include "loader/path_columns.h"

#include <arrow/table.h>
#include <arrow/type.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>

#include "tests/loader/arrow_kit.h"
#include "tests/loader/load_kit.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;
using testing::Pair;

TEST(PathColumnsTest, DirectoriesHoldNamesAndValues) {
  EXPECT_THAT(PathColumnsOf("bucket/ds=2026-01-31/country=de/part=0.parquet"),
              ElementsAre(Pair("country", Optional(std::string("de"))),
                          Pair("ds", Optional(std::string("2026-01-31")))));
  EXPECT_THAT(PathColumnsOf("/data/users/=x/plain/a=b.csv"), IsEmpty());
  EXPECT_THAT(PathColumnsOf(""), IsEmpty());
}

TEST(PathColumnsTest, AnEmptyValueIsTextAndHivesNullIsNull) {
  EXPECT_THAT(
      PathColumnsOf("a=/b=__HIVE_DEFAULT_PARTITION__/x"),
      ElementsAre(Pair("a", Optional(std::string())), Pair("b", std::nullopt)));
}

TEST(PathColumnsTest, NamesAndValuesArePercentEncoded) {
  EXPECT_THAT(
      PathColumnsOf("t%20s=2026-01-31 00%3a00%3A00/50%=100%2/x"),
      ElementsAre(Pair("50%", Optional(std::string("100%2"))),
                  Pair("t s", Optional(std::string("2026-01-31 00:00:00")))));
}

TEST(PathColumnsTest, TheDirectoryCloserToTheFileWins) {
  EXPECT_THAT(PathColumnsOf("ds=1/ds=2/x"),
              ElementsAre(Pair("ds", Optional(std::string("2")))));
}

// One row with the key 1 in each format; only `f` and the key stand in it.
class PartitionedLoadTest : public testing::TestWithParam<std::string> {
 protected:
  PartitionedLoadTest()
      : kit_({{"id", "int64"}},
             {{"f", "int64"}, {"country", "string"}, {"level", "int32"}}) {
    kit_.spec().source.partitions = Partitions::kHive;
    kit_.spec().source.timestamp_field = "ds";
    kit_.spec().source.zone = "UTC";
    kit_.spec().source.at_day = DayPoint::kEndOfDay;
  }

  void WriteInto(const std::string& directory, int64_t id) {
    const std::string name = directory + "/part." + GetParam();
    const std::string text = std::to_string(id);
    if (GetParam() == "csv") {
      kit_.Write(name, "id,f\n" + text + ",5\n");
    } else if (GetParam() == "jsonl") {
      kit_.Write(name, "{\"id\":" + text + ",\"f\":5}\n");
    } else {
      kit_.Write(name, "");
      const auto table = TableOf({{"id", arrow::int64(), "[" + text + "]"},
                                  {"f", arrow::int64(), "[5]"}});
      GetParam() == "parquet"
          ? WriteParquet(kit_.File(name), *table)
          : WriteArrow(kit_.File(name), *table, /*stream=*/false);
    }
  }

  LoadKit kit_;
};

TEST_P(PartitionedLoadTest, NamesOfDirectoriesAreColumns) {
  WriteInto("ds=2013-12-30/country=de/level=7", 1);
  WriteInto("ds=2013-12-31/country=__HIVE_DEFAULT_PARTITION__/level=-1", 2);
  ASSERT_EQ(kit_.Load(), absl::OkStatus());
  const auto rows = kit_.Rows();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows.at("1").values,
            (std::vector<Value>{Value(int64_t{5}), Value(std::string("de")),
                                Value(int64_t{7})}));
  EXPECT_EQ(rows.at("1").event_time_micros, 1'388'448'000'000'000);
  EXPECT_EQ(rows.at("2").values, (std::vector<Value>{Value(int64_t{5}), Value(),
                                                     Value(int64_t{-1})}));
  EXPECT_EQ(rows.at("2").event_time_micros, 1'388'534'400'000'000);
}

TEST_P(PartitionedLoadTest, AValueOfAnotherTypeIsRefusedByItsColumn) {
  WriteInto("ds=2013-12-30/country=de/level=high", 1);
  const absl::Status status = kit_.Load();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("column 'level' (feature 'level')"));
}

TEST_P(PartitionedLoadTest, AFileOutsideOfThemLacksTheColumn) {
  WriteInto("ds=2013-12-30/country=de/level=7", 1);
  WriteInto("ds=2013-12-30/level=7", 2);
  const absl::Status status = kit_.Load();
  // Of JSON Lines a field that is absent is null.
  if (GetParam() == "jsonl") {
    ASSERT_EQ(status, absl::OkStatus());
    EXPECT_EQ(kit_.Rows().at("2").values[1], Value());
    return;
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("column 'country'"));
}

TEST_P(PartitionedLoadTest, TheNameWinsOverTheFile) {
  WriteInto("ds=2013-12-30/country=de/level=7/f=6", 1);
  ASSERT_EQ(kit_.Load(), absl::OkStatus());
  EXPECT_EQ(kit_.Only("f"), "6");
}

TEST_P(PartitionedLoadTest, WithoutTheSettingTheMessageSaysIt) {
  WriteInto("ds=2013-12-30/country=de/level=7", 1);
  kit_.spec().source.partitions = Partitions::kIgnore;
  kit_.spec().source.timestamp_field.clear();
  const absl::Status status = kit_.Load();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("set source.partitions: hive"));
}

TEST_P(PartitionedLoadTest, AFileWithNothingOfItsOwnIsRefused) {
  WriteInto("ds=2013-12-30/country=de/level=7/f=6/id=1", 1);
  const absl::Status status = kit_.Load();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("nothing in the file"));
}

TEST_P(PartitionedLoadTest, ANameThatIsNotUtf8IsRefused) {
  WriteInto("ds=2013-12-30/country=%ff/level=7", 1);
  const absl::Status status = kit_.Load();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("is not UTF-8"));
}

INSTANTIATE_TEST_SUITE_P(Formats, PartitionedLoadTest,
                         testing::Values("csv", "jsonl", "parquet", "arrow"),
                         [](const auto& test) { return test.param; });

TEST(ColumnCaseTest, NamesAreReadInTheCaseOfTheFiles) {
  LoadKit kit({{"id", "int64"}}, {{"flights", "int64"}, {"Other", "int64"}});
  kit.spec().source.column_case = ColumnCase::kUpper;
  kit.spec().source.columns = {{"Other", "other_one"}};
  kit.spec().source.timestamp_field.clear();
  kit.Write("part.csv", "ID,FLIGHTS,flights,other_one\n1,2,3,4\n");
  ASSERT_EQ(kit.Load(), absl::OkStatus());
  EXPECT_EQ(kit.Only("flights"), "2");
  EXPECT_EQ(kit.Only("Other"), "4");

  kit.spec().source.column_case = ColumnCase::kLower;
  kit.Write("part.csv", "id,flights,other_one\n1,2,4\n");
  ASSERT_EQ(kit.Load(), absl::OkStatus());
  EXPECT_EQ(kit.Only("flights"), "2");
}

// As COPY INTO unloads: NUMBER as decimal, of as many digits as a file's values
// need, and TIMESTAMP_NTZ without a zone.
TEST(SnowflakeTest, UnloadedFilesAreLoaded) {
  LoadKit kit({{"user_id", "int64"}}, {{"clicks", "int64"},
                                       {"spend", "double"},
                                       {"rate", "decimal(10,2)"},
                                       {"vip", "bool"}});
  BatchSource& source = kit.spec().source;
  source.column_case = ColumnCase::kUpper;
  source.timestamp_field = "COMPUTED_AT";
  source.zone = "UTC";
  for (const auto& [file, digits, id] :
       {std::tuple("data_0_0_0.snappy.parquet", 38, "7"),
        std::tuple("data_0_1_0.snappy.parquet", 4, "8")}) {
    kit.Write(file, "");
    const auto whole = arrow::decimal128(digits, 0);
    WriteParquet(
        kit.File(file),
        *TableOf({{"USER_ID", whole, fmt::format("[\"{}\"]", id)},
                  {"CLICKS", whole, "[\"42\"]"},
                  {"SPEND", arrow::float64(), "[0.5]"},
                  {"RATE", arrow::decimal128(10, 2), "[\"1.25\"]"},
                  {"VIP", arrow::boolean(), "[true]"},
                  {"COMPUTED_AT", arrow::timestamp(arrow::TimeUnit::MILLI),
                   "[1388448000000]"}}));
  }
  ASSERT_EQ(kit.Load(), absl::OkStatus());
  const auto rows = kit.Rows();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows.at("7"), rows.at("8"));
  EXPECT_EQ(rows.at("7").event_time_micros, 1'388'448'000'000'000);
  EXPECT_EQ(rows.at("7").values[0], Value(int64_t{42}));
  EXPECT_EQ(rows.at("7").values[1], Value(0.5));
  EXPECT_EQ(rows.at("7").values[3], Value(true));
}

TEST(SparkTest, AnOutputDirectoryIsLoadedAsItIs) {
  LoadKit kit({{"id", "int64"}}, {{"one", "int64"}, {"ds", "string"}});
  kit.spec().source.partitions = Partitions::kHive;
  kit.spec().source.require_success = true;
  kit.spec().source.zone = "UTC";
  const std::string part = "ds=2013-12-31/part-00000-tid-1-c000.snappy.parquet";
  for (const std::string name : {"_SUCCESS", "_committed_1", "_started_1",
                                 "ds=2013-12-31/.part-0.crc"}) {
    kit.Write(name, "{}");
  }
  kit.Write(part, "");
  WriteInt96(kit.File(part), {{.julian_day = 2456658, .nanos = 1'000}});
  ASSERT_EQ(kit.Load(), absl::OkStatus());
  EXPECT_EQ(kit.Only("one"), "1");
  EXPECT_EQ(kit.Only("ds"), "2013-12-31");
  EXPECT_EQ(kit.Rows().at("1").event_time_micros, 1'388'448'000'000'001);
}

TEST(TableFormatTest, DirectoriesThatHoldATableFormatAreRefused) {
  for (const std::string name :
       {"_delta_log/00000000000000000000.json", ".hoodie/hoodie.properties",
        "metadata/v1.metadata.json"}) {
    LoadKit kit({{"id", "int64"}}, {{"f", "int64"}});
    kit.spec().source.timestamp_field.clear();
    kit.Write("part.csv", "id,f\n1,2\n");
    kit.Write(name, "{}");
    const absl::Status status = kit.Load();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("table"));
  }
}

}  // namespace
}  // namespace freshet
