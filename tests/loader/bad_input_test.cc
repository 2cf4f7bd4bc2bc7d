// SPDX-License-Identifier: Apache-2.0
// What is refused, and whether the message says where it stands.
#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/file.h"
#include "tests/loader/arrow_kit.h"
#include "tests/loader/load_kit.h"

namespace freshet {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const auto kUtc = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");

std::string ErrorOf(LoadKit& kit) {
  const absl::Status status = kit.Load();
  EXPECT_FALSE(status.ok());
  EXPECT_FALSE(PathExists(kit.spec().building_dir + "/MANIFEST.freshet"));
  return std::string(status.message());
}

// Keys of one string part, two rows a row group.
std::string KeyError(const std::shared_ptr<arrow::DataType>& type,
                     const std::string& keys) {
  LoadKit kit({{"k", "string"}}, {});
  ParquetOptions options;
  options.row_group_rows = 2;
  const std::string times =
      R"(["2013-01-01","2013-01-01","2013-01-01","2013-01-01"])";
  WriteParquet(kit.File("part.parquet"),
               *TableOf({{"k", type, keys}, {"ts", kUtc, times}}), options);
  return ErrorOf(kit);
}

TEST(BadInputTest, ANullKeyIsRefusedByRowGroupAndRow) {
  EXPECT_THAT(KeyError(arrow::utf8(), R"(["a","b","c",null])"),
              HasSubstr("file 'part.parquet': row group 1, row 4: column 'k' "
                        "(join key 'k'): it is null; a key cannot be null"));
}

TEST(BadInputTest, AKeyOfWrongTypeIsRefused) {
  EXPECT_THAT(KeyError(arrow::float64(), "[1, 2, 3, null]"),
              HasSubstr("column 'k' (join key 'k'): it is double, which is "
                        "not loaded as string"));
}

TEST(BadInputTest, AnOversizeKeyIsRefused) {
  const std::string longest(4097, 'x');
  EXPECT_THAT(KeyError(arrow::utf8(), R"(["a","b",")" + longest + R"(","d"])"),
              AllOf(HasSubstr("row group 1, row 3"), HasSubstr("4097 bytes")));
}

TEST(BadInputTest, AKeyThatIsNotUtf8IsRefused) {
  arrow::BinaryBuilder keys;
  ASSERT_TRUE(keys.Append("good").ok());
  ASSERT_TRUE(keys.Append("\xc3\x28").ok());
  LoadKit kit({{"k", "string"}}, {});
  const auto table =
      TableOf({{"ts", kUtc, R"(["2013-01-01","2013-01-01"])"}})
          ->AddColumn(
              0, arrow::field("k", arrow::binary()),
              std::make_shared<arrow::ChunkedArray>(keys.Finish().ValueOrDie()))
          .ValueOrDie();
  WriteParquet(kit.File("part.parquet"), *table);
  EXPECT_THAT(ErrorOf(kit),
              HasSubstr("row group 0, row 2: column 'k' (join key 'k'): the "
                        "text is not valid UTF-8"));
}

TEST(BadInputTest, DuplicateKeysAreCountedAndNamed) {
  LoadKit kit({{"origin", "string"}, {"day", "int64"}}, {});
  kit.Write("part.csv",
            "origin,day,ts\n"
            "EWR,1,2013-01-01T00:00:00Z\n"
            "JFK,1,2013-01-01T00:00:00Z\n"
            "EWR,1,2013-01-02T00:00:00Z\n"
            "JFK,1,2013-01-01T00:00:00Z\n"
            "JFK,1,2013-01-01T00:00:00Z\n"
            "LGA,1,2013-01-01T00:00:00Z\n");
  const std::string error = ErrorOf(kit);
  EXPECT_THAT(error, HasSubstr("2 keys occur more than once, in 5 rows"));
  EXPECT_THAT(error, HasSubstr("(origin=EWR day=1), (origin=JFK day=1)"));
}

TEST(BadInputTest, AMissingColumnNamesTheNearestAndAllThereAre) {
  LoadKit kit({{"id", "int64"}}, {{"distance", "double"}});
  kit.Write("part.csv", "id,ts,distanse,other\n");
  EXPECT_THAT(ErrorOf(kit),
              AllOf(HasSubstr("file 'part.csv'"),
                    HasSubstr("no column 'distance' (feature 'distance')"),
                    HasSubstr("did you mean 'distanse'?"),
                    HasSubstr("'id', 'ts', 'distanse', 'other'")));
}

TEST(BadInputTest, MappedColumnsAreReadAndMissedUnderTheirName) {
  LoadKit kit({{"id", "int64"}}, {{"f", "int64"}});
  kit.spec().source.columns = {{"id", "Key"}, {"f", "Value"}};
  kit.Write("part.csv", "Key,ts,Value\n7,2013-01-01T00:00:00Z,9\n");
  ASSERT_EQ(kit.Load(), absl::OkStatus());
  EXPECT_EQ(kit.Only("f"), "9");
  kit.Write("part.csv", "Key,ts,value\n");
  EXPECT_THAT(ErrorOf(kit), HasSubstr("no column 'Value' (feature 'f')"));
}

TEST(BadInputTest, ANullEventTimeIsRefused) {
  LoadKit kit({{"id", "int64"}}, {});
  kit.Write("part.csv", "id,ts\n1,2013-01-01T00:00:00Z\n2,\n");
  EXPECT_THAT(ErrorOf(kit),
              HasSubstr("row 2: column 'ts' (timestamp_field): it is null"));
}

TEST(BadInputTest, ARowLongerThanAllowedIsRefused) {
  LoadKit kit({{"id", "int64"}}, {{"s", "string"}});
  kit.spec().row_bytes_max = 100;
  kit.Write("part.csv",
            "id,ts,s\n1,2013-01-01T00:00:00Z," + std::string(200, 'x') + "\n");
  EXPECT_THAT(ErrorOf(kit),
              AllOf(HasSubstr("row 1: the row has"), HasSubstr("at most 100")));
}

TEST(BadInputTest, TruncatedAndHalfWrittenParquetIsRefused) {
  LoadKit kit({{"id", "int64"}}, {{"f", "int64"}});
  const std::string path = kit.File("part.parquet");
  WriteParquet(path, *TableWith({"f", arrow::int64(), "[1, 2, 3]"}));
  const std::string whole = *ReadFile(path);
  for (const size_t size :
       {size_t{0}, size_t{4}, whole.size() / 2, whole.size() - 1}) {
    kit.Write("part.parquet", std::string_view(whole).substr(0, size));
    EXPECT_THAT(ErrorOf(kit), HasSubstr("file 'part.parquet'")) << size;
  }
}

TEST(BadInputTest, ACorruptPageIsRefusedByRowGroupAndColumn) {
  LoadKit kit({{"id", "int64"}}, {{"f", "int64"}});
  const std::string path = kit.File("part.parquet");
  ParquetOptions options;
  options.properties = parquet::WriterProperties::Builder()
                           .enable_page_checksum()
                           ->disable_dictionary()
                           ->compression(parquet::Compression::UNCOMPRESSED)
                           ->build();
  WriteParquet(path, *TableWith({"f", arrow::int64(), "[1234567890123456789]"}),
               options);
  std::string bytes = *ReadFile(path);
  const int64_t value = 1234567890123456789;
  const size_t at =
      bytes.find(std::string(reinterpret_cast<const char*>(&value), 8));
  ASSERT_NE(at, std::string::npos);
  bytes[at] = static_cast<char>(bytes[at] ^ 1);
  kit.Write("part.parquet", bytes);
  EXPECT_THAT(ErrorOf(kit),
              AllOf(HasSubstr("row group 0"), HasSubstr("column 'f'")));
}

TEST(BadInputTest, AnUnknownFormatIsRefusedWithTheNamesThereAre) {
  LoadKit kit({{"id", "int64"}}, {});
  kit.Write("part.txt", "hello");
  EXPECT_THAT(ErrorOf(kit),
              AllOf(HasSubstr("file 'part.txt'"), HasSubstr(".parquet, .csv")));
}

TEST(BadInputTest, AnUnknownZoneIsRefused) {
  LoadKit kit({{"id", "int64"}}, {});
  kit.spec().source.zone = "Mars/Olympus";
  EXPECT_THAT(ErrorOf(kit), HasSubstr("zone 'Mars/Olympus'"));
}

TEST(BadInputTest, ADiskBelowItsReserveIsRefused) {
  LoadKit kit({{"id", "int64"}}, {});
  kit.Write("part.csv", "id,ts\n1,2013-01-01T00:00:00Z\n");
  kit.spec().disk_reserve_bytes = int64_t{1} << 60;
  EXPECT_EQ(kit.Load().code(), absl::StatusCode::kResourceExhausted);
}

TEST(GoodInputTest, AnEmptySnapshotIsAnEmptyVersion) {
  LoadKit kit({{"id", "int64"}}, {});
  ASSERT_EQ(kit.Load(), absl::OkStatus());
  EXPECT_EQ(kit.manifest().rows, 0);
  EXPECT_EQ(kit.manifest().as_of_micros, kit.spec().now_micros);
  kit.Write("part.csv", "id,ts\n");
  ASSERT_EQ(kit.Load(), absl::OkStatus());
  EXPECT_EQ(kit.manifest().rows, 0);
}

TEST(GoodInputTest, LatestKeepsTheNewestAndOfEqualTimesTheLast) {
  LoadKit kit({{"id", "int64"}}, {{"f", "int64"}});
  kit.spec().source.duplicates = Duplicates::kLatest;
  kit.Write("a.csv",
            "id,ts,f\n"
            "1,2013-01-02T00:00:00Z,12\n"
            "1,2013-01-01T00:00:00Z,11\n"
            "2,2013-01-01T00:00:00Z,21\n");
  kit.Write("b.csv", "id,ts,f\n2,2013-01-01T00:00:00Z,22\n");
  ASSERT_EQ(kit.Load(), absl::OkStatus());
  const auto rows = kit.Rows();
  EXPECT_EQ(rows.at("1").values[0], Value(int64_t{12}));
  EXPECT_EQ(rows.at("2").values[0], Value(int64_t{22}));
  EXPECT_EQ(kit.manifest().rows_replaced, 2);
}

TEST(GoodInputTest, WithoutTimestampFieldTheLoadsAsOfIsTheEventTime) {
  LoadKit kit({{"id", "int64"}}, {});
  kit.spec().source.timestamp_field.clear();
  kit.Write("part.csv", "id\n1\n");
  ASSERT_EQ(kit.Load(), absl::OkStatus());
  EXPECT_EQ(kit.Rows().at("1").event_time_micros, kit.spec().now_micros);
  kit.spec().has_as_of = true;
  kit.spec().as_of_micros = 5;
  ASSERT_EQ(kit.Load(), absl::OkStatus());
  EXPECT_EQ(kit.Rows().at("1").event_time_micros, 5);
  EXPECT_EQ(kit.manifest().as_of_micros, 5);
}

TEST(GoodInputTest, OnlyTheFilesThatAreMeantAreLoaded) {
  LoadKit kit({{"id", "int64"}}, {});
  kit.Write("part.csv", "id,ts\n1,2013-01-01T00:00:00Z\n");
  ASSERT_EQ(kit.Load(), absl::OkStatus());
  kit.spec().source_sum = kit.manifest().source_sum;
  ASSERT_EQ(kit.Load(), absl::OkStatus());
  kit.Write("more.csv", "id,ts\n2,2013-01-01T00:00:00Z\n");

  const absl::Status status = kit.Load();

  EXPECT_EQ(status.code(), absl::StatusCode::kAborted) << status;
}

TEST(GoodInputTest, ADryRunReadsAllAndBuildsNothing) {
  LoadKit kit({{"id", "int64"}}, {});
  kit.spec().dry_run = true;
  kit.Write("part.csv", "id,ts\n1,2013-01-01T00:00:00Z\n");
  ASSERT_EQ(kit.Load(), absl::OkStatus());
  EXPECT_EQ(*ListDir(kit.spec().building_dir), std::vector<std::string>());
  kit.Write("part.csv", "id,ts\n1,2013-01-01T00:00:00Z\n1,\n");
  EXPECT_FALSE(kit.Load().ok());
}

TEST(GoodInputTest, KeysKeepZeroBytesAndComposites) {
  LoadKit kit({{"a", "string"}, {"b", "string"}}, {{"f", "int64"}});
  WriteParquet(kit.File("part.parquet"),
               *TableOf({{"a", arrow::utf8(), R"(["x\u0000", "x", ""])"},
                         {"b", arrow::utf8(), R"(["y", "\u0000y", ""])"},
                         {"f", arrow::int64(), "[1, 2, 3]"},
                         {"ts", kUtc,
                          R"(["2013-01-01", "2013-01-01", "2013-01-01"])"}}));
  ASSERT_EQ(kit.Load(), absl::OkStatus());
  const auto rows = kit.Rows();
  EXPECT_EQ(rows.at(std::string("x\0|y", 4)).values[0], Value(int64_t{1}));
  EXPECT_EQ(rows.at(std::string("x|\0y", 4)).values[0], Value(int64_t{2}));
  EXPECT_EQ(rows.at("|").values[0], Value(int64_t{3}));
}

}  // namespace
}  // namespace freshet
