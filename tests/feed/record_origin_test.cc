// SPDX-License-Identifier: Apache-2.0
#include "ingest/feed/record_origin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/formats/event_text.h"

namespace freshet {
namespace {

using testing::HasSubstr;

const Type kInt64 = {.kind = Kind::kInt64};
const Type kText = {.kind = Kind::kString};
const Type kBytes = {.kind = Kind::kBytes};

StreamField Field(Type type, std::string from,
                  ValueEncoding encoding = ValueEncoding::kUsual) {
  return {
      .name = "f", .type = type, .encoding = encoding, .from = std::move(from)};
}

std::string Read(std::vector<StreamField> fields, const KafkaRecord& record) {
  StreamSource source{.name = "s", .fields = std::move(fields)};
  source.kafka = KafkaSource{};
  EventRows rows(source.fields);
  rows.Begin(0, 0);
  const absl::Status read = RecordOrigin(source).Read(record, rows);
  return read.ok() ? EventText(source.fields, rows.batch(), 0)
                   : read.ToString();
}

std::string ReadKey(const StreamField& field, std::string_view key) {
  return Read({field}, {.key = key});
}

TEST(RecordOriginTest, AWholeKeyIsATextBytesOrANumber) {
  EXPECT_EQ(ReadKey(Field(kText, "key"), "h\u00e9"), "f=h\u00e9");
  EXPECT_EQ(ReadKey(Field(kBytes, "key"), "\xff"), "f=0xff");
  EXPECT_EQ(ReadKey(Field(kInt64, "key", ValueEncoding::kText), "-12345678"),
            "f=-12345678");
  EXPECT_EQ(ReadKey(Field(kInt64, "key", ValueEncoding::kBinary), "12345678"),
            "f=3544952156018063160");
  EXPECT_EQ(ReadKey(Field(kText, "key"), "\xff"),
            "FAILED_PRECONDITION: field 'f' is no UTF-8, not of type string");
  for (const char* key : {"", "x", "1 ", "+1", "9223372036854775808"}) {
    EXPECT_EQ(ReadKey(Field(kInt64, "key", ValueEncoding::kText), key),
              "FAILED_PRECONDITION: field 'f' is no integer that fits, not of "
              "type int64");
  }
  EXPECT_THAT(ReadKey(Field(kInt64, "key", ValueEncoding::kBinary), "1234"),
              HasSubstr("no integer that fits"));
}

TEST(RecordOriginTest, AKeyThatIsAnObjectHasFields) {
  EXPECT_EQ(ReadKey(Field(kInt64, "key.id"), R"({"other": 1, "id": 7})"),
            "f=7");
  EXPECT_EQ(ReadKey(Field(kInt64, "key.id"),
                    R"({"schema": {"a": []}, "payload": {"id": 7}})"),
            "f=7");
  EXPECT_EQ(ReadKey(Field(kInt64, "key.payload"), R"({"payload": 7})"), "f=7");
  EXPECT_EQ(ReadKey(Field(kInt64, "key.id"), R"({"payload": {"id": 7}})"), "");
  EXPECT_EQ(ReadKey(Field(kInt64, "key.id"), R"({"id": "7"})"),
            "FAILED_PRECONDITION: field 'f' is a string, not of type int64");
  EXPECT_THAT(ReadKey(Field(kInt64, "key.id"), "7"),
              HasSubstr("INVALID_ARGUMENT: its key: it is not one JSON "));
}

TEST(RecordOriginTest, ATimestampIsTheRecords) {
  const Type time = {.kind = Kind::kTimestamp};
  EXPECT_EQ(
      Read({Field(time, "timestamp")},
           {.timestamp_micros = 1'000, .timestamp_type = KafkaTime::kAppended}),
      "f=1970-01-01T00:00:00.001Z");
  EXPECT_EQ(Read({Field(time, "timestamp")}, {.timestamp_micros = 1'000}), "");
}

TEST(RecordOriginTest, OfHeadersTheLastOfItsNameCounts) {
  const KafkaRecord record = {
      .headers = {{.name = "a", .value = "1"},
                  {.name = "a", .value = "2"},
                  {.name = "b", .value = "3"},
                  {.name = "c", .value = std::nullopt}}};
  EXPECT_EQ(Read({Field(kText, "header.a")}, record), "f=2");
  EXPECT_EQ(Read({Field(kText, "header.c")}, record), "f=null");
  EXPECT_EQ(Read({Field(kText, "header.d")}, record), "");
}

TEST(RecordOriginTest, WhatARecordDoesNotHaveIsNotSaid) {
  EXPECT_EQ(Read({Field(kText, "key")}, {}), "");
  EXPECT_EQ(Read({Field(kInt64, "key.id")}, {}), "");
  EXPECT_EQ(Read({Field(kText, "")}, {.key = "x"}), "") << "of the value";
}

}  // namespace
}  // namespace freshet
