// SPDX-License-Identifier: Apache-2.0
#include "features/records/avro_schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using AvroKind = AvroType::Kind;

AvroSchema Parsed(std::string_view json) {
  auto schema = ParseAvroSchema(json);
  EXPECT_TRUE(schema.ok()) << schema.status();
  return schema.ok() ? *std::move(schema) : AvroSchema();
}

std::string Problem(std::string_view json) {
  const auto schema = ParseAvroSchema(json);
  EXPECT_EQ(schema.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(schema.status().message());
}

TEST(AvroSchemaTest, NamesAreResolvedInTheirNamespaces) {
  const AvroSchema schema = Parsed(R"({
    "type": "record", "name": "a.b.Outer", "fields": [
      {"name": "own", "type": {"type": "enum", "name": "E", "symbols": ["X"]}},
      {"name": "same", "type": "E"},
      {"name": "whole", "type": "a.b.E"},
      {"name": "inner", "type": {"type": "record", "name": "Inner",
        "namespace": "c", "fields": [
          {"name": "other", "type": "a.b.E"},
          {"name": "me", "type": ["null", "Inner"]}]}},
      {"name": "by_name", "type": "c.Inner"}]})");

  const AvroType& root = schema.at(schema.root);
  EXPECT_EQ(root.name, "a.b.Outer");
  EXPECT_THAT(root.names,
              ElementsAre("own", "same", "whole", "inner", "by_name"));
  EXPECT_EQ(schema.at(root.parts[0]).name, "a.b.E");
  EXPECT_EQ(root.parts[1], root.parts[0]);
  EXPECT_EQ(root.parts[2], root.parts[0]);
  EXPECT_EQ(schema.at(root.parts[3]).name, "c.Inner");
  EXPECT_EQ(root.parts[4], root.parts[3]);
  const AvroType& me = schema.at(schema.at(root.parts[3]).parts[1]);
  EXPECT_EQ(me.kind, AvroKind::kUnion);
  EXPECT_EQ(me.parts[1], root.parts[3]) << "itself";
}

TEST(AvroSchemaTest, LogicalTypesThatDoNotFitAreNone) {
  const auto logical = [](std::string_view json) {
    const AvroSchema schema = Parsed(json);
    return schema.at(schema.root).logical;
  };
  EXPECT_EQ(logical(R"({"type": "long", "logicalType": "timestamp-nanos"})"),
            "timestamp-nanos");
  EXPECT_EQ(logical(R"({"type": "int", "logicalType": "timestamp-millis"})"),
            "");
  EXPECT_EQ(logical(R"({"type": "int", "logicalType": "date"})"), "date");
  EXPECT_EQ(logical(R"({"type": "bytes", "logicalType": "decimal"})"), "");
  EXPECT_EQ(logical(R"({"type": "bytes", "logicalType": "decimal",
                        "precision": 2, "scale": 3})"),
            "");
  EXPECT_EQ(logical(R"({"type": "bytes", "logicalType": "decimal",
                        "precision": 3})"),
            "decimal");
  EXPECT_EQ(logical(R"({"type": "string", "logicalType": "mine"})"), "");
  EXPECT_EQ(logical(R"({"type": "fixed", "name": "U", "size": 15,
                        "logicalType": "uuid"})"),
            "");
}

TEST(AvroSchemaTest, WhatTakesNoByteIsKnown) {
  const AvroSchema schema = Parsed(R"({"type": "record", "name": "R",
    "fields": [
      {"name": "nothing", "type": "null"},
      {"name": "none", "type": {"type": "record", "name": "N", "fields": [
        {"name": "n", "type": {"type": "fixed", "name": "F", "size": 0}}]}},
      {"name": "list", "type": {"type": "array", "items": "null"}},
      {"name": "again", "type": {"type": "record", "name": "A", "fields": [
        {"name": "a", "type": ["null", "A"]}]}}]})");

  const AvroType& root = schema.at(schema.root);
  EXPECT_FALSE(root.empty);
  EXPECT_TRUE(schema.at(root.parts[0]).empty);
  EXPECT_TRUE(schema.at(root.parts[1]).empty);
  EXPECT_FALSE(schema.at(root.parts[2]).empty);
  EXPECT_FALSE(schema.at(root.parts[3]).empty);
  EXPECT_THAT(root.sized, ElementsAre(root.parts[2], root.parts[3]));
}

TEST(AvroSchemaTest, WhatIsWrongIsSaidWithItsPlace) {
  EXPECT_EQ(Problem("{\"type\": \"record\",\n\"name\" \"R\"}"),
            "it is not JSON, in its line 2");
  EXPECT_EQ(Problem(""), "it is not JSON, in its line 1");
  EXPECT_EQ(Problem(R"({"type": "record", "name": "shop.P", "fields": [
                        {"name": "price", "type": "flaot"}]})"),
            "record 'shop.P', field 'price': there is no type 'flaot' before "
            "it; nearest: 'float'");
  EXPECT_EQ(Problem(R"({"type": "record", "name": "R", "fields": [
                        {"name": "a", "type": {"type": "array"}}]})"),
            "record 'R', field 'a': type 'array' lacks 'items'");
  EXPECT_EQ(Problem(R"({"type": "record", "name": "R", "fields": [
                        {"name": "a", "type": "int"},
                        {"name": "a", "type": "int"}]})"),
            "record 'R', field 'a': it is there twice");
  EXPECT_EQ(Problem(R"({"type": "record", "name": "R"})"),
            "record 'R' lacks 'fields'");
  EXPECT_EQ(Problem(R"({"type": "record", "name": "R", "fields": [{}]})"),
            "record 'R' has a field without a 'name'");
  EXPECT_EQ(Problem(R"({"type": "record", "fields": []})"),
            "type 'record' lacks a 'name'");
  EXPECT_EQ(Problem(R"({"type": "enum", "name": "E", "symbols": []})"),
            "enum 'E' lacks 'symbols'");
  EXPECT_EQ(Problem(R"({"type": "fixed", "name": "F", "size": -1})"),
            "fixed 'F' lacks a 'size'");
  EXPECT_EQ(Problem("{}"), "an object lacks 'type'");
  EXPECT_EQ(Problem("[]"), "a union has no types");
  EXPECT_EQ(Problem("[[\"int\"]]"), "a union is directly within a union");
  EXPECT_EQ(Problem("7"),
            "a type is a name, an object or a list of types, not number");
  EXPECT_THAT(Problem(R"([{"type": "fixed", "name": "F", "size": 1},
                          {"type": "fixed", "name": "F", "size": 1}])"),
              HasSubstr("type 'F' is defined twice"));
}

TEST(AvroSchemaTest, WhatASchemaMayCostIsBounded) {
  std::string deep = "\"int\"";
  for (int i = 0; i < 100; ++i) {
    deep = R"({"type": "array", "items": )" + deep + "}";
  }
  EXPECT_THAT(Problem(deep), HasSubstr("types are within types 64 times"));
  EXPECT_THAT(Problem(std::string(200'000, '[')), HasSubstr("not JSON"));
  std::string many = "[\"int\"";
  for (int i = 0; i < 30'000; ++i) many += ",\"int\"";
  EXPECT_THAT(Problem(many + "]"), HasSubstr("more than 20000 types"));
  EXPECT_THAT(Problem(R"({"type": "enum", "name": "E", "symbols": [")" +
                      std::string(1'025, 'A') + "\"]}"),
              HasSubstr("has a symbol of more than 1024 bytes"));
  EXPECT_THAT(Problem(std::string((1 << 20) + 1, ' ')),
              HasSubstr("at most 1048576 are read"));
}

}  // namespace
}  // namespace freshet
