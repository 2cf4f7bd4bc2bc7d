// SPDX-License-Identifier: Apache-2.0
#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "tests/loader/arrow_kit.h"
#include "tests/loader/load_kit.h"

namespace freshet {
namespace {

using testing::HasSubstr;

// Loads one column into one feature `f`, and gives what each row holds.
class OneColumn {
 public:
  OneColumn(const std::string& type, const JsonColumn& column,
            const ParquetOptions& options = {})
      : kit_({{"id", "int64"}}, {{"f", type}}) {
    WriteParquet(kit_.File("part.parquet"), *TableWith(column), options);
  }

  LoadKit& kit() { return kit_; }

  std::vector<std::string> Values() {
    const absl::Status loaded = kit_.Load();
    EXPECT_TRUE(loaded.ok()) << loaded;
    std::vector<std::string> values;
    if (!loaded.ok()) return values;
    const Type type = kit_.spec().schema.columns()[0].type;
    for (const auto& [key, row] : kit_.Rows()) {
      values.push_back(FormatValue(type, row.values[0]));
    }
    return values;
  }

  std::string Error() { return std::string(kit_.Load().message()); }

 private:
  LoadKit kit_;
};

using Texts = std::vector<std::string>;

TEST(ParquetLoadTest, IntegersKeepEveryBit) {
  EXPECT_EQ(OneColumn("int64", {"f", arrow::int64(),
                                "[9007199254740993, -9223372036854775808, "
                                "9223372036854775807, null]"})
                .Values(),
            Texts({"9007199254740993", "-9223372036854775808",
                   "9223372036854775807", "null"}));
  EXPECT_EQ(
      OneColumn("int32", {"f", arrow::int32(), "[-2147483648, 0]"}).Values(),
      Texts({"-2147483648", "0"}));
}

TEST(ParquetLoadTest, SmallerIntegersWiden) {
  for (const auto& from : {arrow::int8(), arrow::int16(), arrow::uint8(),
                           arrow::uint16(), arrow::int32()}) {
    EXPECT_EQ(OneColumn("int32", {"f", from, "[7]"}).Values(), Texts({"7"}));
    EXPECT_EQ(OneColumn("int64", {"f", from, "[7]"}).Values(), Texts({"7"}));
  }
  EXPECT_EQ(OneColumn("int64", {"f", arrow::uint32(), "[4294967295]"}).Values(),
            Texts({"4294967295"}));
}

TEST(ParquetLoadTest, DoublesKeepNanAndSigns) {
  OneColumn column("double", {"f", arrow::float64(), "[0.1, -0.0, null]"});
  ASSERT_TRUE(column.kit().Load().ok());
  const auto rows = column.kit().Rows();
  EXPECT_EQ(std::get<double>(rows.at("1").values[0].v), 0.1);
  EXPECT_TRUE(std::signbit(std::get<double>(rows.at("2").values[0].v)));
  EXPECT_TRUE(rows.at("3").values[0].IsNull());

  arrow::DoubleBuilder builder;
  ASSERT_TRUE(builder.Append(std::nan("")).ok());
  const auto nan = builder.Finish().ValueOrDie();
  const auto table = TableWith({"f", arrow::float64(), "[0]"})
                         ->SetColumn(2, arrow::field("f", arrow::float64()),
                                     std::make_shared<arrow::ChunkedArray>(nan))
                         .ValueOrDie();
  WriteParquet(column.kit().File("part.parquet"), *table);
  ASSERT_TRUE(column.kit().Load().ok());
  const Value value = column.kit().Rows().at("1").values[0];
  EXPECT_TRUE(std::isnan(std::get<double>(value.v)));
}

TEST(ParquetLoadTest, FloatsAreKeptAndWidened) {
  const JsonColumn column = {"f", arrow::float32(), "[0.5, null]"};
  EXPECT_EQ(OneColumn("float", column).Values(), Texts({"0.5", "null"}));
  EXPECT_EQ(OneColumn("double", column).Values(), Texts({"0.5", "null"}));
}

TEST(ParquetLoadTest, BoolsAndStringsAndBytes) {
  EXPECT_EQ(OneColumn("bool", {"f", arrow::boolean(), "[true, false, null]"})
                .Values(),
            Texts({"true", "false", "null"}));
  for (const auto& from : {arrow::utf8(), arrow::large_utf8(), arrow::binary(),
                           arrow::dictionary(arrow::int32(), arrow::utf8())}) {
    OneColumn column("string", {"f", from, R"(["", "a\u0000é", null])"});
    ASSERT_TRUE(column.kit().Load().ok()) << from->ToString();
    const auto rows = column.kit().Rows();
    EXPECT_EQ(rows.at("1").values[0], Value(std::string("")));
    EXPECT_EQ(rows.at("2").values[0], Value(std::string("a\0é", 4)));
    EXPECT_TRUE(rows.at("3").values[0].IsNull());
  }
  EXPECT_EQ(OneColumn("bytes", {"f", arrow::fixed_size_binary(2), R"(["ab"])"})
                .Values(),
            Texts({"0x6162"}));
}

TEST(ParquetLoadTest, TimestampsOfEveryUnitBecomeMicroseconds) {
  using arrow::TimeUnit;
  const struct {
    TimeUnit::type unit;
    std::string value;
  } cases[] = {{TimeUnit::SECOND, "[1388448000]"},
               {TimeUnit::MILLI, "[1388448000000]"},
               {TimeUnit::MICRO, "[1388448000000000]"},
               {TimeUnit::NANO, "[1388448000000000999]"}};
  for (const auto& c : cases) {
    EXPECT_EQ(
        OneColumn("timestamp", {"f", arrow::timestamp(c.unit, "UTC"), c.value})
            .Values(),
        Texts({"2013-12-31T00:00:00Z"}));
  }
}

TEST(ParquetLoadTest, NanosecondsBefore1970AreCutTowardsThePast) {
  EXPECT_EQ(
      OneColumn("timestamp",
                {"f", arrow::timestamp(arrow::TimeUnit::NANO, "UTC"), "[-1]"})
          .Values(),
      Texts({"1969-12-31T23:59:59.999999Z"}));
}

TEST(ParquetLoadTest, LocalTimesAreReadInTheSourcesZone) {
  const auto naive = arrow::timestamp(arrow::TimeUnit::MICRO);
  OneColumn column("timestamp", {"f", naive, R"(["2013-07-01 12:00:00"])"});
  EXPECT_THAT(column.Error(), HasSubstr("give source.zone"));
  column.kit().spec().source.zone = "America/New_York";
  EXPECT_EQ(column.Values(), Texts({"2013-07-01T16:00:00Z"}));
}

TEST(ParquetLoadTest, Int96IsALocalTimeOfAnyYear) {
  ParquetOptions options;
  options.int96 = true;
  const auto naive = arrow::timestamp(arrow::TimeUnit::MICRO);
  OneColumn column("timestamp", {"f", naive, R"(["2013-07-01 12:00:00"])"},
                   options);
  column.kit().spec().source.zone = "UTC";
  EXPECT_EQ(column.Values(), Texts({"2013-07-01T12:00:00Z"}));
}

TEST(ParquetLoadTest, DatesNeedZoneAndPointOfDay) {
  for (const auto& type : {arrow::date32(), arrow::date64()}) {
    const std::string day =
        type->id() == arrow::Type::DATE32 ? "[15827]" : "[1367452800000]";
    OneColumn column("timestamp", {"f", type, day});  // 2013-05-02
    column.kit().spec().source.zone = "America/New_York";
    EXPECT_THAT(column.Error(), HasSubstr("source.at"));
    column.kit().spec().source.at_day = DayPoint::kStartOfDay;
    EXPECT_EQ(column.Values(), Texts({"2013-05-02T04:00:00Z"}));
    column.kit().spec().source.at_day = DayPoint::kEndOfDay;
    EXPECT_EQ(column.Values(), Texts({"2013-05-03T04:00:00Z"}));
  }
}

TEST(ParquetLoadTest, DecimalsOfEveryWidthAreExact) {
  for (const auto& from :
       {arrow::decimal32(9, 2), arrow::decimal64(18, 2),
        arrow::decimal128(38, 2), arrow::decimal256(70, 2)}) {
    EXPECT_EQ(OneColumn("decimal(9,2)",
                        {"f", from, R"(["1234567.89", "-0.01", null])"})
                  .Values(),
              Texts({"1234567.89", "-0.01", "null"}))
        << from->ToString();
  }
}

TEST(ParquetLoadTest, DecimalsOfScaleZeroAndIntegersConvertBothWays) {
  EXPECT_EQ(OneColumn("int64", {"f", arrow::decimal128(38, 0),
                                R"(["9007199254740993", "-5"])"})
                .Values(),
            Texts({"9007199254740993", "-5"}));
  EXPECT_EQ(OneColumn("decimal(4,0)", {"f", arrow::int64(), "[9999]"}).Values(),
            Texts({"9999"}));
}

TEST(ParquetLoadTest, ADecimalWithTooManyDigitsIsRefusedByRow) {
  OneColumn column("decimal(4,2)",
                   {"f", arrow::decimal128(38, 2), R"(["1.00", "100.00"])"});
  const std::string error = column.Error();
  EXPECT_THAT(error, HasSubstr("file 'part.parquet': row group 0, row 2: "
                               "column 'f' (feature 'f')"));
  EXPECT_THAT(error, HasSubstr("decimal(4,2)"));
}

TEST(ParquetLoadTest, NullEmptyAndNullHoldingListsAreThreeThings) {
  for (const auto& from :
       {arrow::list(arrow::int64()), arrow::large_list(arrow::int64())}) {
    OneColumn column("list<int64>",
                     {"f", from, "[null, [], [1, null, 9007199254740993]]"});
    EXPECT_EQ(column.Values(),
              Texts({"null", "[]", "[1, null, 9007199254740993]"}));
  }
  OneColumn strings("list<string>",
                    {"f", arrow::list(arrow::utf8()), R"([["", "b"]])"});
  ASSERT_TRUE(strings.kit().Load().ok());
  EXPECT_EQ(
      strings.kit().Rows().at("1").values[0],
      Value(Value::List{Value(std::string("")), Value(std::string("b"))}));
}

TEST(ParquetLoadTest, VectorsHaveTheirLengthAndNoNulls) {
  const auto floats = arrow::list(arrow::float32());
  EXPECT_EQ(OneColumn("float[3]", {"f", floats, "[[1, 2, 3], null]"}).Values(),
            Texts({"[1.0, 2.0, 3.0]", "null"}));
  EXPECT_EQ(
      OneColumn("float[2]", {"f", arrow::fixed_size_list(arrow::float32(), 2),
                             "[[1, 2], [3, 4]]"})
          .Values(),
      Texts({"[1.0, 2.0]", "[3.0, 4.0]"}));
  EXPECT_THAT(OneColumn("float[3]", {"f", floats, "[[1, 2]]"}).Error(),
              HasSubstr("2 elements, float[3] wants 3"));
  EXPECT_THAT(OneColumn("float[2]", {"f", floats, "[[1, null]]"}).Error(),
              HasSubstr("element 1 of the list is null"));
}

TEST(ParquetLoadTest, LossyTypesAreRefusedByName) {
  const struct {
    std::string to;
    std::shared_ptr<arrow::DataType> from;
    std::string values;
  } cases[] = {{"int32", arrow::int64(), "[1]"},
               {"int64", arrow::uint64(), "[1]"},
               {"int64", arrow::float64(), "[1]"},
               {"int64", arrow::utf8(), R"(["1"])"},
               {"double", arrow::int32(), "[1]"},
               {"double", arrow::decimal128(5, 2), R"(["1.00"])"},
               {"float", arrow::float64(), "[1]"},
               {"string", arrow::int64(), "[1]"},
               {"bool", arrow::int8(), "[1]"},
               {"timestamp", arrow::utf8(), R"(["2013-01-01T00:00:00Z"])"},
               {"timestamp", arrow::int64(), "[1]"},
               {"decimal(5,2)", arrow::decimal128(5, 3), R"(["1.000"])"},
               {"list<int64>", arrow::int64(), "[1]"},
               {"int64", arrow::list(arrow::int64()), "[[1]]"}};
  for (const auto& c : cases) {
    OneColumn column(c.to, {"f", c.from, c.values});
    const std::string error = column.Error();
    EXPECT_THAT(error, HasSubstr("file 'part.parquet': column 'f'"));
    EXPECT_THAT(error, HasSubstr(c.to));
  }
}

TEST(ParquetLoadTest, EveryCompressionIsRead) {
  using parquet::Compression;
  for (const auto codec :
       {Compression::UNCOMPRESSED, Compression::SNAPPY, Compression::GZIP,
        Compression::BROTLI, Compression::ZSTD, Compression::LZ4,
        Compression::LZ4_HADOOP}) {
    ParquetOptions options;
    options.properties =
        parquet::WriterProperties::Builder().compression(codec)->build();
    EXPECT_EQ(OneColumn("string", {"f", arrow::utf8(), R"(["a", null, "a"])"},
                        options)
                  .Values(),
              Texts({"a", "null", "a"}));
  }
}

TEST(ParquetLoadTest, EveryEncodingAndPageVersionIsRead) {
  using parquet::Encoding;
  const struct {
    Encoding::type encoding;
    std::string to;
    std::shared_ptr<arrow::DataType> type;
    std::string values;
  } cases[] = {
      {Encoding::PLAIN, "int64", arrow::int64(), "[1, null, 3]"},
      {Encoding::DELTA_BINARY_PACKED, "int64", arrow::int64(), "[1, null, 3]"},
      {Encoding::BYTE_STREAM_SPLIT, "double", arrow::float64(), "[1, null, 3]"},
      {Encoding::DELTA_LENGTH_BYTE_ARRAY, "string", arrow::utf8(),
       R"(["1", null, "3"])"},
      {Encoding::DELTA_BYTE_ARRAY, "string", arrow::utf8(),
       R"(["1", null, "3"])"},
      {Encoding::RLE, "bool", arrow::boolean(), "[true, null, false]"}};
  for (const auto page : {parquet::ParquetDataPageVersion::V1,
                          parquet::ParquetDataPageVersion::V2}) {
    for (const auto& c : cases) {
      ParquetOptions options;
      options.properties = parquet::WriterProperties::Builder()
                               .disable_dictionary()
                               ->encoding("f", c.encoding)
                               ->data_page_version(page)
                               ->enable_page_checksum()
                               ->build();
      const Texts values =
          OneColumn(c.to, {"f", c.type, c.values}, options).Values();
      ASSERT_EQ(values.size(), 3u) << parquet::EncodingToString(c.encoding);
      EXPECT_NE(values[0], "null");
      EXPECT_EQ(values[1], "null");
      EXPECT_NE(values[2], values[0]);
    }
  }
}

// 60,000 rows with unsorted keys, in one row group and a buffer of 1 MiB.
TEST(ParquetLoadTest, OneLargeRowGroupIsStreamedAndSortedOnDisk) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::vector<int64_t> ids(60'000);
  for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int64_t>(i) - 5;
  std::shuffle(ids.begin(), ids.end(), std::mt19937(seed));
  arrow::Int64Builder keys;
  arrow::Int64Builder values;
  arrow::TimestampBuilder times(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
                                arrow::default_memory_pool());
  for (const int64_t id : ids) {
    ASSERT_TRUE(keys.Append(id).ok());
    ASSERT_TRUE(values.Append(id * 3).ok());
    ASSERT_TRUE(times.Append(id).ok());
  }
  LoadKit kit({{"id", "int64"}}, {{"f", "int64"}});
  const auto table = arrow::Table::Make(
      arrow::schema({arrow::field("id", arrow::int64()),
                     arrow::field("f", arrow::int64()),
                     arrow::field("ts", times.type())}),
      {keys.Finish().ValueOrDie(), values.Finish().ValueOrDie(),
       times.Finish().ValueOrDie()});
  WriteParquet(kit.File("all.parquet"), *table);
  kit.spec().sort_buffer_bytes = 1 << 20;

  ASSERT_TRUE(kit.Load().ok());

  const auto rows = kit.Rows();
  ASSERT_EQ(rows.size(), ids.size());
  for (const int64_t id : ids) {
    const LoadedRow& row = rows.at(std::to_string(id));
    ASSERT_EQ(row.values[0], Value(id * 3));
    ASSERT_EQ(row.event_time_micros, id);
  }
  EXPECT_EQ(kit.manifest().as_of_micros, 59'994);
}

}  // namespace
}  // namespace freshet
