// SPDX-License-Identifier: Apache-2.0
// CSV and JSON Lines, from the file to the version.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/loader/load_kit.h"

namespace freshet {
namespace {

using testing::HasSubstr;

const LoadKit::NamedTypes kEveryType = {
    {"b", "bool"},     {"i", "int32"},      {"l", "int64"},
    {"f", "float"},    {"d", "double"},     {"s", "string"},
    {"x", "bytes"},    {"t", "timestamp"},  {"m", "decimal(10,2)"},
    {"v", "float[2]"}, {"a", "list<int64>"}};

const std::vector<std::pair<std::string, std::string>> kExpected = {
    {"b", "true"},
    {"i", "-7"},
    {"l", "9007199254740993"},
    {"f", "0.5"},
    {"d", "0.1"},
    {"x", "0x00ff"},
    {"t", "2013-12-31T05:00:00.25Z"},
    {"m", "-12.50"},
    {"v", "[1.0, 2.5]"},
    {"a", "[1, null, 9007199254740993]"}};

constexpr std::string_view kCsv =
    "id,ts,b,i,l,f,d,s,x,t,m,v,a,more\n"
    "1,2013-12-31T00:00:00Z,true,-7,9007199254740993,0.5,0.1,"
    "\"a \"\"quoted\"\",\nline\",0x00ff,2013-12-31 00:00:00.250-05:00,-12.5,"
    "\"[1, 2.5]\",\"[1, null, 9007199254740993]\",ignored\r\n";

constexpr std::string_view kJson =
    R"({"id":1,"ts":"2013-12-31T00:00:00Z","b":true,"i":-7,)"
    R"("l":9007199254740993,"f":0.5,"d":0.1,"s":"a \"quoted\",\nline",)"
    R"("x":"0x00ff","t":"2013-12-31T05:00:00.25Z","m":-12.50,"v":[1,2.5],)"
    R"("a":[1,null,9007199254740993],"more":{"deep":[[{}]]}})"
    "\n\n";

void ExpectEveryType(const LoadKit& kit) {
  for (const auto& [feature, text] : kExpected) {
    EXPECT_EQ(kit.Only(feature), text) << feature;
  }
  const LoadedRow row = kit.Rows().at("1");
  EXPECT_EQ(row.values[5], Value(std::string("a \"quoted\",\nline")));
  EXPECT_EQ(row.event_time_micros, 1'388'448'000'000'000);
}

TEST(TextLoadTest, CsvHoldsEveryType) {
  LoadKit kit({{"id", "int64"}}, kEveryType);
  kit.Write("part.csv", kCsv);
  ASSERT_EQ(kit.Load(), absl::OkStatus());
  ExpectEveryType(kit);
}

TEST(TextLoadTest, JsonLinesHoldEveryType) {
  LoadKit kit({{"id", "int64"}}, kEveryType);
  kit.Write("part.jsonl", kJson);
  ASSERT_EQ(kit.Load(), absl::OkStatus());
  ExpectEveryType(kit);
}

TEST(TextLoadTest, PackedTextIsReadByItsFirstBytes) {
  for (const std::string codec : {"gzip", "zstd"}) {
    LoadKit kit({{"id", "int64"}}, kEveryType);
    kit.Write("part.csv" + std::string(codec == "gzip" ? ".gz" : ".zst"),
              Pack(kCsv, codec));
    ASSERT_EQ(kit.Load(), absl::OkStatus());
    ExpectEveryType(kit);

    LoadKit json({{"id", "int64"}}, kEveryType);
    json.Write("part.jsonl.gz", Pack(kJson, codec));
    ASSERT_EQ(json.Load(), absl::OkStatus());
    ExpectEveryType(json);
  }
}

TEST(TextLoadTest, AnEmptyCsvFieldIsNullAndAQuotedOneIsEmpty) {
  LoadKit kit({{"id", "int64"}}, {{"s", "string"}, {"d", "double"}});
  kit.Write("part.csv",
            "\xef\xbb\xbfid,ts,s,d\n"
            "1,2013-12-31T00:00:00Z,,\n\n"
            "2,2013-12-31T00:00:00Z,\"\",nan");
  ASSERT_EQ(kit.Load(), absl::OkStatus());
  const auto rows = kit.Rows();
  EXPECT_TRUE(rows.at("1").values[0].IsNull());
  EXPECT_TRUE(rows.at("1").values[1].IsNull());
  EXPECT_EQ(rows.at("2").values[0], Value(std::string()));
  EXPECT_TRUE(std::isnan(std::get<double>(rows.at("2").values[1].v)));
}

TEST(TextLoadTest, AMissingJsonFieldIsNullUnlessItNeverOccurs) {
  LoadKit kit({{"id", "int64"}}, {{"d", "double"}});
  kit.Write("a.jsonl", R"({"id":1,"ts":"2013-12-31T00:00:00Z"})");
  EXPECT_THAT(std::string(kit.Load().message()),
              HasSubstr("no column 'd' (feature 'd')"));
  kit.Write("b.jsonl", R"({"id":2,"ts":"2013-12-31T00:00:00Z","d":"NaN"})");
  ASSERT_EQ(kit.Load(), absl::OkStatus());
  EXPECT_TRUE(kit.Rows().at("1").values[0].IsNull());
}

TEST(TextLoadTest, AMissingJsonFieldIsNamedWithSomeOfTheOthers) {
  LoadKit kit({{"id", "int64"}}, {{"price", "double"}});
  kit.spec().source.timestamp_field.clear();
  const std::string long_name(5000, 'x');
  kit.Write("a.jsonl", R"({"id":1,"prize":2.0,")" + long_name + R"(":1})");
  const std::string error(kit.Load().message());
  EXPECT_THAT(error, HasSubstr("no column 'price' (feature 'price'); did you "
                               "mean 'prize'? the columns are 'id', 'prize'"));
  EXPECT_LT(error.size(), 400u);
}

TEST(TextLoadTest, MoreJsonFieldNamesThanColumnsMaxAreRefused) {
  LoadKit kit({{"id", "int64"}}, {});
  kit.spec().source.timestamp_field.clear();
  kit.spec().columns_max = 3;
  kit.Write("a.jsonl", "{\"id\":1,\"a\":1}\n{\"b\":1,\"id\":2,\"a\":1}");
  EXPECT_EQ(kit.Load(), absl::OkStatus());
  kit.Write("b.jsonl", R"({"id":3,"c":1})");
  EXPECT_THAT(std::string(kit.Load().message()),
              HasSubstr("file 'b.jsonl': row 1: there are more than 3 field "
                        "names (settings.load.columns_max)"));
}

// What is wrong with row 2 of a CSV file whose column is `c`.
std::string CsvError(const std::string& type, const std::string& text) {
  LoadKit kit({{"id", "int64"}}, {{"c", type}});
  kit.Write("part.csv",
            "id,ts,c\n1,2013-12-31T00:00:00Z,\n2,2013-12-31T00:00:00Z," + text);
  return std::string(kit.Load().message());
}

TEST(TextLoadTest, BadCsvValuesAreRefusedByFileRowAndColumn) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"int64", "abc"},
      {"int64", "1.0"},
      {"int64", " 1"},
      {"int64", "9223372036854775808"},
      {"int32", "2147483648"},
      {"double", "1,5\"\""},
      {"double", "1e999"},
      {"double", "0x10"},
      {"bool", "yes"},
      {"bytes", "0xabc"},
      {"bytes", "00ff"},
      {"bytes", "0x0g"},
      {"list<string>", "['a']"},
      {"list<string>", "\"[[\"\"a\"\"]]\""},
      {"timestamp", "2013-02-30T00:00:00Z"},
      {"timestamp", "2013-01-01T00:00:00"},
      {"timestamp", "2013-01-01"},
      {"decimal(4,2)", "1.005"},
      {"decimal(4,2)", "100"},
      {"decimal(4,2)", "1e2"},
      {"list<int64>", "[1"}};
  for (const auto& [type, text] : cases) {
    const std::string error = CsvError(type, text);
    EXPECT_THAT(error, HasSubstr("file 'part.csv': row 2")) << type << text;
  }
  EXPECT_THAT(CsvError("int64", "abc"),
              HasSubstr("row 2: column 'c' (feature 'c'): 'abc' is no int64"));
}

TEST(TextLoadTest, ALongBadListIsNamedByItsPlaceAndItsBeginning) {
  const std::string error =
      CsvError("list<int64>", "\"[1" + std::string(120'000, '1') + "\"");
  EXPECT_THAT(error, HasSubstr("file 'part.csv': row 2: column 'c' (feature "
                               "'c'): '[111"));
  EXPECT_LT(error.size(), 300u);
}

TEST(TextLoadTest, RaggedAndBadlyQuotedCsvIsRefused) {
  EXPECT_THAT(CsvError("int64", "1,2"),
              HasSubstr("4 fields, the header has 3"));
  EXPECT_THAT(CsvError("string", "a\"b\""), HasSubstr("a quote within it"));
  EXPECT_THAT(CsvError("string", "\"a\"b"), HasSubstr("beside its quotes"));
  EXPECT_THAT(CsvError("string", "\"ab"), HasSubstr("within a quoted field"));
}

std::string JsonError(const std::string& type, const std::string& line) {
  LoadKit kit({{"id", "int64"}}, {{"c", type}});
  kit.Write("part.jsonl", R"({"id":1,"ts":"2013-12-31T00:00:00Z","c":null})"
                          "\n" +
                              line);
  return std::string(kit.Load().message());
}

TEST(TextLoadTest, BadJsonValuesAreRefusedByFileRowAndColumn) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"int64", R"("1")"},
      {"int64", "1.0"},
      {"int64", "true"},
      {"int64", "18446744073709551616"},
      {"string", "1"},
      {"double", R"("1")"},
      {"bool", "1"},
      {"timestamp", "1"},
      {"list<int64>", "1"},
      {"int64", "[1]"},
      {"int64", "{}"},
      {"list<int64>", "[[1]]"},
      {"list<int64>", R"(["1"])"}};
  for (const auto& [type, value] : cases) {
    const std::string error = JsonError(
        type, R"({"id":2,"ts":"2013-12-31T00:00:00Z","c":)" + value + "}");
    EXPECT_THAT(error, HasSubstr("file 'part.jsonl': row 2: column 'c'"))
        << type << value;
  }
}

TEST(TextLoadTest, ALargeJsonNumberOfAFieldThatIsNotWantedIsSkipped) {
  EXPECT_EQ(JsonError("int64", R"({"id":2,"ts":"2013-12-31T00:00:00Z",)"
                               R"("x":1e400,"y":[-1e4000]})"),
            "");
}

TEST(TextLoadTest, AJsonNumberOutOfRangeIsRefusedByItsField) {
  const auto error = [](const std::string& value) {
    return JsonError(
        "double", R"({"id":2,"ts":"2013-12-31T00:00:00Z","c":)" + value + "}");
  };
  const std::string place = "row 2: column 'c' (feature 'c'): '";
  EXPECT_THAT(error("1e400"),
              HasSubstr(place + "1e400' is out of the range of double"));
  EXPECT_THAT(error("-1e5000"),
              HasSubstr(place + "-1e5000' is out of the range of double"));
  EXPECT_THAT(JsonError("int64", R"({"id":2,"more":1e5000})"),
              HasSubstr("row 2: field 'more': '1e5000' is out of the range"));
}

TEST(TextLoadTest, JsonsNegativeZeroKeepsItsSign) {
  LoadKit kit({{"id", "int64"}},
              {{"d", "double"}, {"f", "float"}, {"i", "int64"}});
  kit.Write("a.jsonl",
            R"({"id":1,"ts":"2013-12-31T00:00:00Z","d":-0,"f":-0.0,"i":-0})");
  ASSERT_EQ(kit.Load(), absl::OkStatus());
  EXPECT_EQ(kit.Only("d"), "-0.0");
  EXPECT_EQ(kit.Only("f"), "-0.0");
  EXPECT_EQ(kit.Only("i"), "0");
}

TEST(TextLoadTest, BrokenJsonIsRefusedByRow) {
  EXPECT_THAT(JsonError("int64", R"({"id":2,)"),
              HasSubstr("row 2: it is not JSON at byte"));
  EXPECT_THAT(JsonError("int64", "[1]"), HasSubstr("not one JSON object"));
  EXPECT_THAT(JsonError("int64", R"({"id":2,"id":3})"),
              HasSubstr("column 'id' occurs twice"));
  EXPECT_THAT(JsonError("string", "{\"id\":2,\"c\":\"\xff\"}"),
              HasSubstr("not JSON"));
}

TEST(TextLoadTest, TruncatedPackedTextIsRefused) {
  LoadKit kit({{"id", "int64"}}, kEveryType);
  const std::string whole = Pack(kCsv, "gzip");
  kit.Write("part.csv.gz", std::string_view(whole).substr(0, whole.size() / 2));
  EXPECT_THAT(std::string(kit.Load().message()), HasSubstr("part.csv.gz"));
}

}  // namespace
}  // namespace freshet
