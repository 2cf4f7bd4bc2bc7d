// SPDX-License-Identifier: Apache-2.0
// How records are read, as a file says it: what is wrong, and where.
#include "features/records/check_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "features/check.h"

namespace freshet {
namespace {

using testing::HasSubstr;

// The schema is in lines 17 to 21.
constexpr std::string_view kFile = R"yaml(project: p
entities:
  - {name: user, join_keys: [{name: user, type: string}]}
stream_sources:
  - name: payments
    fields:
      - {name: user, type: string}
      - {name: price, type: "decimal(9,2)"}
      - {name: at, type: timestamp}
      - {name: seen, type: timestamp, encoding: millis}
    timestamp_field: at
    kafka:
      brokers: ["b:1"]
      topics: [t]
      format: avro
      schema: |
        {"type": "record", "name": "P", "fields": [
          {"name": "user", "type": ["null", "string"]},
          {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
          {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
          {"name": "seen", "type": ["null", "long"]}]}
stream_feature_views:
  - name: spent
    entities: [user]
    source: payments
    aggregations: [{column: price, functions: [sum], windows: [1h]}]
)yaml";

std::string With(std::string_view old_text, std::string_view new_text) {
  std::string file(kFile);
  const size_t at = file.find(old_text);
  EXPECT_NE(at, std::string::npos) << old_text;
  return file.replace(at, old_text.size(), new_text);
}

std::string ProblemsOf(const std::string& file) {
  return FormatProblems("f", ParseAndCheck(file).problems);
}

TEST(CheckRecordsTest, AGoodSchemaHasNoProblems) {
  EXPECT_EQ(ProblemsOf(std::string(kFile)), "");
}

TEST(CheckRecordsTest, AFieldIsInTheSchemaAndOfItsType) {
  EXPECT_EQ(ProblemsOf(With(R"({"name": "price")", R"({"name": "prise")")),
            "f:8:9: field 'price' is not in the schema; nearest: 'prise'\n");
  EXPECT_EQ(ProblemsOf(With(R"(["null", "string"])", R"(["null", "long"])")),
            "f:7:9: schema: field 'user' is long, not of type string\n");
  EXPECT_EQ(ProblemsOf(With(", encoding: millis", "")),
            "f:10:9: schema: field 'seen' is long, and its definition does not "
            "say of what since 1970: give it an encoding\n");
  EXPECT_EQ(ProblemsOf(With("timestamp-micros", "local-timestamp-micros")),
            "f:9:9: schema: field 'at' is long (local-timestamp-micros): its "
            "encoding is 'micros', and its definition says none\n");
}

TEST(CheckRecordsTest, ASchemaThatIsNoneIsSaidWithItsPlace) {
  EXPECT_THAT(ProblemsOf(With(R"({"name": "price", )", R"({"name" "price", )")),
              HasSubstr("f:16:15: source 'payments', schema: it is not JSON, "
                        "in its line 3\n"));
  EXPECT_EQ(ProblemsOf(With("timestamp-micros\"}}", "x\", \"type\": 1}}")),
            "f:16:15: source 'payments', schema: record 'P', field 'at': a "
            "type is a name, an object or a list of types, not number\n");
}

TEST(CheckRecordsTest, AFormatHasTheSchemaThatItNeeds) {
  EXPECT_THAT(ProblemsOf(With("format: avro", "format: json")),
              HasSubstr("f:13:7: source 'payments' has 'schema', and its "
                        "format is json, which needs none"));
  EXPECT_THAT(
      ProblemsOf(With("      schema: |\n",
                      "      schema_registry: {url: 'http://r'}\n"
                      "      schema: |\n")),
      HasSubstr("f:13:7: source 'payments' has format avro and both a "
                "'schema' and a 'schema_registry'; values are written by a "
                "'schema' that all of them share, or each by one of a "
                "'schema_registry'"));
  const std::string file(kFile);
  const size_t schema = file.find("      schema: |");
  const size_t views = file.find("stream_feature_views");
  const std::string before = file.substr(0, schema);
  const std::string after = file.substr(views);
  EXPECT_THAT(ProblemsOf(before + after),
              HasSubstr("has format avro and neither a 'schema' nor a "
                        "'schema_registry'"));
  EXPECT_EQ(
      ProblemsOf(before + "      schema_registry: {url: 'http://r'}\n" + after),
      "");
  EXPECT_THAT(
      ProblemsOf(before + "      schema_registry: {url: 'r'}\n" + after),
      HasSubstr("f:16:24: source 'payments': schema_registry: 'r' is "
                "no URL of http:// or https://"));
}

TEST(CheckRecordsTest, ASchemaOfProtobufNamesItsMessage) {
  EXPECT_THAT(ProblemsOf(With("format: avro", "format: protobuf")),
              HasSubstr("f:13:7: source 'payments' has a schema of protobuf "
                        "and no 'message'"));
  EXPECT_EQ(
      ProblemsOf(With("format: avro", "format: protobuf\n      message: P")),
      "")
      << "what is in it is looked at by who knows its parser";
  EXPECT_THAT(
      ProblemsOf(With("format: avro", "format: avro\n      message: P")),
      HasSubstr("source 'payments' has a 'message', which is about a "
                "'schema' of protobuf"));
  EXPECT_THAT(ProblemsOf(With("format: avro",
                              "format: protobuf\n      message: P\n"
                              "      envelope: debezium")),
              HasSubstr("has envelope debezium, which is read of json and "
                        "avro"));
}

TEST(CheckRecordsTest, AnEncodingIsOfATypeThatHasIt) {
  const auto user = [](const std::string& encoding) {
    return ProblemsOf(
        With("- {name: user, type: string}",
             "- {name: user, type: string, encoding: " + encoding + "}"));
  };
  EXPECT_THAT(user("base64"),
              HasSubstr("f:7:9: field 'user' is string, and its encoding "
                        "'base64' is one of bytes or a decimal"));
  EXPECT_THAT(user("text"), HasSubstr("is one of a timestamp or a decimal"));
  EXPECT_THAT(user("days"), HasSubstr("is one of a timestamp"));
  const std::string file(kFile);
  EXPECT_THAT(ProblemsOf(file.substr(0, file.find("    kafka:")) +
                         "    single_node: true\n" +
                         file.substr(file.find("stream_feature_views"))),
              HasSubstr("f:10:9: field 'seen' has an encoding, which is about "
                        "records of topics, and source 'payments' has no "
                        "'kafka'"));
}

TEST(CheckRecordsTest, AFieldIsFromAPlaceThatThereIs) {
  const auto from = [](const std::string& rest) {
    return ProblemsOf(With("- {name: user, type: string}",
                           "- {name: user, type: " + rest + "}"));
  };
  EXPECT_EQ(from("string, from: key"), "");
  EXPECT_EQ(from("string, from: header.a.b"), "");
  EXPECT_THAT(from("string, from: keys"),
              HasSubstr("f:7:9: field 'user' is from 'keys', and there are "
                        "'key', 'key.NAME', 'timestamp' and 'header.NAME'"));
  EXPECT_THAT(from("string, from: header."), HasSubstr("and there are 'key'"));
  EXPECT_THAT(from("string, from: key.id"),
              HasSubstr("field 'user' is from 'key.id', a member of a key that "
                        "is JSON, and the format is avro"));
  EXPECT_THAT(from("int64, from: key"),
              HasSubstr("field 'user' is int64, and from 'key' is a string or "
                        "bytes, or an int64 with the encoding 'text' or "
                        "'binary'"));
  EXPECT_THAT(from("string, from: timestamp"),
              HasSubstr("field 'user' is string, and from 'timestamp' is a "
                        "timestamp without an encoding"));
  EXPECT_THAT(from("string, from: key.id, encoding: base64"),
              HasSubstr("field 'user' is string, and its encoding 'base64' is "
                        "one of bytes or a decimal"));
  EXPECT_THAT(from("int64, encoding: binary"),
              HasSubstr("field 'user' is int64, and its encoding 'binary' is "
                        "one of an int64 from a key or a header"));
}

constexpr std::string_view kChanges = R"yaml(project: p
entities:
  - {name: user, join_keys: [{name: user, type: string}]}
stream_sources:
  - name: users
    fields:
      - {name: user, type: string}
      - {name: tier, type: string}
      - {name: __op, type: string}
      - {name: __source_ts_ms, type: timestamp}
    timestamp_field: __source_ts_ms
    kafka: {brokers: ["b:1"], topics: [t], format: json, envelope: debezium}
batch_feature_views:
  - name: tiers
    entities: [user]
    live: {source: users, deleted: "__op = 'd'"}
    features: [{name: tier, type: string}]
)yaml";

TEST(CheckRecordsTest, Rule30ChangesOfADatabaseGoIntoRowsAndNoWindows) {
  const std::string rows(kChanges);
  EXPECT_EQ(ProblemsOf(rows), "");
  EXPECT_EQ(ProblemsOf(rows + "stream_feature_views:\n"
                              "  - name: changes\n"
                              "    entities: [user]\n"
                              "    source: users\n"
                              "    aggregations: [{functions: [count], "
                              "windows: [1h]}]\n"),
            "f:19:5: view 'changes' has windows over source 'users', whose "
            "records also update and delete (envelope: debezium), and what was "
            "added up cannot be taken back; rows can: 'live' of a view under "
            "'batch_feature_views'\n");
}

TEST(CheckRecordsTest, FieldsOfAnEnvelopeAreOfItsTypesAndEachOnce) {
  const auto with_field = [](const std::string& field) {
    std::string file(kChanges);
    const std::string op = "      - {name: __op, type: string}\n";
    return ProblemsOf(
        file.replace(file.find(op), op.size(), op + "      - " + field + "\n"));
  };
  EXPECT_EQ(with_field("{name: __deleted, type: string}"), "");
  EXPECT_EQ(with_field("{name: __deleted, type: int64}"),
            "f:10:9: field '__deleted' is int64; what the envelope says of "
            "that name is a bool, or a string 'true' or 'false'\n");
  EXPECT_EQ(with_field("{name: __ts_ms, type: int64}"), "");
  EXPECT_EQ(with_field("{name: __lsn, type: int64}\n"
                       "      - {name: __source_lsn, type: int64}"),
            "f:11:9: field '__source_lsn' is the same of a record as "
            "'__lsn'; remove one of them\n");
  EXPECT_EQ(with_field("{name: raw, type: bytes}"),
            "f:10:9: field 'raw' is bytes, which Debezium writes as base64 in "
            "JSON; add encoding: base64\n");
}

}  // namespace
}  // namespace freshet
