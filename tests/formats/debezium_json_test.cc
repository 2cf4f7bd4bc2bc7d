// SPDX-License-Identifier: Apache-2.0
#include "ingest/formats/debezium_json.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/formats/event_text.h"
#include "tests/formats/format_sources.h"

namespace freshet {
namespace {

using testing::HasSubstr;

const Type kPrice = {.kind = Kind::kDecimal, .precision = 10, .scale = 2};

// As the connector of PostgreSQL writes them, without what is not read.
constexpr char kUpdate[] = R"json({
  "before": {"id": 1004, "tier": "silver", "balance": null, "at": 0},
  "after": {"id": 1004, "tier": "gold", "balance": 12.5,
            "at": 1600000000123456},
  "source": {"version": "2.7.0", "connector": "postgresql", "name": "s",
    "ts_ms": 1559033904863, "ts_us": 1559033904863123, "snapshot": "false",
    "db": "shop", "schema": "public", "table": "users", "txId": 556,
    "lsn": 24023128, "sequence": "[\"1\",\"2\"]"},
  "transaction": null, "op": "u", "ts_ms": 1465584025523})json";

std::vector<StreamField> UserFields() {
  return {Field("id", kInt64),
          Field("tier", kText),
          Field("balance", {.kind = Kind::kDouble}),
          Field("at", kTime, ValueEncoding::kMicros),
          Field("__op", kText),
          Field("__deleted", {.kind = Kind::kBool}),
          Field("__source_ts_ms", kTime),
          Field("__ts_ms", kInt64),
          Field("__table", kText),
          Field("__source_lsn", kInt64)};
}

TEST(DebeziumJsonTest, AChangeIsTheRowAfterItWithWhatTheEnvelopeSays) {
  FormatKit users(DebeziumSource(UserFields()));

  EXPECT_EQ(users.Read(kUpdate),
            "id=1004 tier=gold balance=12.5 "
            "at=2020-09-13T12:26:40.123456Z __op=u __deleted=false "
            "__source_ts_ms=2019-05-28T08:58:24.863Z __ts_ms=1465584025523 "
            "__table=users __source_lsn=24023128");
}

TEST(DebeziumJsonTest, ADeletionIsTheRowBeforeIt) {
  FormatKit users(DebeziumSource(UserFields()));

  EXPECT_EQ(users.Read(R"({"op": "d", "after": null,
      "before": {"id": 7, "tier": null}, "source": {"ts_ms": 0}})"),
            "id=7 tier=null __op=d __deleted=true "
            "__source_ts_ms=1970-01-01T00:00:00Z");
}

TEST(DebeziumJsonTest, EveryKindOfChangeIsRead) {
  StreamSource source = DebeziumSource(
      {Field("id", kInt64), Field("__op", kText), Field("__deleted", kText)});
  FormatKit users(source);
  for (const char* op : {"c", "u", "r"}) {
    EXPECT_EQ(
        users.Read(fmt::format(
            R"({{"after": {{"id": 1}}, "before": null, "op": "{}"}})", op)),
        fmt::format("id=1 __op={} __deleted=false", op));
  }
  EXPECT_EQ(users.Read(R"({"before": {"id": 1}, "op": "d"})"),
            "id=1 __op=d __deleted=true");
}

TEST(DebeziumJsonTest, TheSchemaBesideItMayBeThereOrNot) {
  FormatKit users(DebeziumSource(UserFields()));
  const std::string bare = users.Read(kUpdate);

  EXPECT_EQ(
      users.Read(fmt::format(R"({{"schema": null, "payload": {}}})", kUpdate)),
      bare);
  EXPECT_EQ(
      users.Read(fmt::format(
          R"({{"payload": {}, "schema": {{"type": "struct"}}}})", kUpdate)),
      bare);
  EXPECT_EQ(users.Read(R"({"schema": {"type": "struct"}, "payload": null})"),
            "nothing");
}

TEST(DebeziumJsonTest, WhatIsNoChangeOfARowIsRefused) {
  FormatKit users(DebeziumSource(UserFields()));
  for (const char* value :
       {R"({"id": 1004, "tier": "gold"})", R"({"op": "t", "source": {}})",
        R"({"op": "m", "message": {}})", R"({"op": 1, "after": {}})",
        R"({"op": "", "after": {}})", R"({"op": "u", "op": "u"})", "{}",
        R"({"payload": {"payload": {}}})",
        R"({"payload": {"op": "c", "after": {"id": 1}, "payload": {}}})",
        R"({"op": "c", "payload": {"after": {"id": 1}}})",
        R"({"op": "u", "payload": {"op": "u", "after": {}}})",
        R"({"op": "u", "schema": {}, "after": {}})"}) {
    EXPECT_EQ(users.Read(value),
              "INVALID_ARGUMENT: it is no change of a row by Debezium: there "
              "is no 'op' that is c, r, u or d")
        << value;
  }
  EXPECT_EQ(users.Read(R"({"op": "d", "after": {"id": 1}, "before": null})"),
            "INVALID_ARGUMENT: its 'op' is d, and it has no 'before'");
  EXPECT_EQ(users.Read(R"({"op": "u", "before": {"id": 1}})"),
            "INVALID_ARGUMENT: its 'op' is u, and it has no 'after'");
  EXPECT_EQ(users.Read(R"({"op": "u", "after": "{\"id\": 1}"})"),
            "INVALID_ARGUMENT: its 'after' is a string, not an object");
  EXPECT_EQ(users.Read(R"({"op": "c", "after": {}, "after": {}})"),
            "INVALID_ARGUMENT: its 'after' is there twice");
  EXPECT_THAT(users.Read(R"({"op": "c", "after": {"id": 1}} {})"),
              HasSubstr("it is not one JSON object"));
  EXPECT_THAT(users.Read("[]"), HasSubstr("it is not one JSON object"));
  EXPECT_THAT(users.Read(R"({"op": "c", "after": {"id": 1})"),
              HasSubstr("INVALID_ARGUMENT: it is not"));
  EXPECT_THAT(users.Read(R"({"op": "c", "after": {"id" 1}})"),
              HasSubstr("INVALID_ARGUMENT: it is not JSON"));
}

TEST(DebeziumJsonTest, ATextThatMayBeTwoThingsIsToBeTold) {
  const auto read = [](ValueEncoding encoding, const std::string& price) {
    FormatKit kit(DebeziumSource({Field("price", kPrice, encoding)}));
    return kit.Read(
        fmt::format(R"({{"op": "c", "after": {{"price": {}}}}})", price));
  };
  const std::string untold =
      "FAILED_PRECONDITION: field 'price' is a string, and nothing says "
      "whether of digits or of base64: give it an encoding";
  EXPECT_EQ(read(ValueEncoding::kUsual, "12.5"), "price=12.50");
  EXPECT_EQ(read(ValueEncoding::kUsual, R"("1234")"), untold);
  EXPECT_EQ(read(ValueEncoding::kText, R"("1234")"), "price=1234.00");
  // 0xd76df8, which is below zero.
  EXPECT_EQ(read(ValueEncoding::kBase64, R"("1234")"), "price=-26588.24");
  EXPECT_EQ(read(ValueEncoding::kBase64, R"("BOI=")"), "price=12.50");
  EXPECT_EQ(read(ValueEncoding::kBase64, "1250"),
            "FAILED_PRECONDITION: field 'price' is a number, not of type "
            "decimal(10,2)");
  EXPECT_EQ(read(ValueEncoding::kBase64, R"("BOI")"),
            "FAILED_PRECONDITION: field 'price' is no base64, not of type "
            "decimal(10,2)");
}

TEST(DebeziumJsonTest, Rule35WhatTheDatabaseDidNotTellIsNotSaid) {
  FormatKit kit(DebeziumSource(
      {Field("id", kInt64), Field("note", kText),
       Field("raw", {.kind = Kind::kBytes}, ValueEncoding::kBase64)}));
  EXPECT_EQ(kit.Read(R"({"op": "u", "after": {"id": 1,
      "note": "__debezium_unavailable_value",
      "raw": "X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ=="}})"),
            "id=1");
  EXPECT_EQ(kit.Read(R"({"op": "u", "after": {"id": 1, "note": null,
      "raw": "AP8="}})"),
            "id=1 note=null raw=0x00ff");
}

// What Connect writes beside a change.
std::string WithSchema(const std::string& field, const std::string& row) {
  return fmt::format(
      R"({{"schema": {{"type": "struct", "name": "s.shop.users.Envelope",
       "fields": [{{"type": "struct", "field": "before", "fields": [{0}]}},
                  {{"type": "struct", "field": "after", "fields": [{0}]}},
                  {{"type": "string", "field": "op"}}]}},
     "payload": {{"op": "c", "after": {1}}}}})",
      field, row);
}

TEST(DebeziumJsonTest, AnEncodingThatIsNotTheSchemasIsNotReadByEither) {
  FormatKit kit(DebeziumSource({Field("at", kTime, ValueEncoding::kMillis),
                                Field("day", kTime, ValueEncoding::kDays)}));
  const auto at = [](const std::string& name) {
    return fmt::format(R"({{"type": "int64", "field": "at", "name": "{}"}})",
                       name);
  };
  const std::string row = R"({"at": 1600000000123, "day": 18518})";
  const std::string read =
      "at=2020-09-13T12:26:40.123Z day=2020-09-13T00:00:00Z";
  EXPECT_EQ(kit.Read(WithSchema(at("io.debezium.time.Timestamp"), row)), read);
  EXPECT_EQ(kit.Read(WithSchema(at("io.debezium.time.MicroTimestamp"), row)),
            "FAILED_PRECONDITION: field 'at' is "
            "io.debezium.time.MicroTimestamp: its encoding is 'micros', and "
            "its definition says 'millis'");
  EXPECT_EQ(kit.Read(WithSchema(at("io.debezium.time.Time"), row)),
            "FAILED_PRECONDITION: field 'at' is a time of day, not of type "
            "timestamp");
  EXPECT_EQ(
      kit.Read(WithSchema(at("org.apache.kafka.connect.data.Timestamp"), row)),
      read)
      << "after others";
}

TEST(DebeziumJsonTest, ANumberIsATimeOnlyWhereItsUnitIsSaid) {
  FormatKit kit(DebeziumSource({Field("at", kTime)}));
  EXPECT_EQ(kit.Read(R"({"op": "c", "after": {"at": 5}})"),
            "FAILED_PRECONDITION: field 'at' is a number, not of type "
            "timestamp");
  EXPECT_EQ(kit.Read(R"({"op": "c", "after": {"at": "2020-01-01T00:00:00Z"}})"),
            "at=2020-01-01T00:00:00Z");
}

TEST(DebeziumJsonTest, ADecimalHasThePlacesThatItsSchemaSays) {
  FormatKit kit(DebeziumSource({Field("price", kPrice)}));
  const auto decimal = [](const std::string& parameters) {
    return fmt::format(
        R"({{"type": "bytes", "field": "price",
             "name": "org.apache.kafka.connect.data.Decimal"{}}})",
        parameters);
  };
  const auto scale = [&](int places) {
    return decimal(fmt::format(R"(, "parameters": {{"scale": "{}"}})", places));
  };
  // 1250.
  EXPECT_EQ(kit.Read(WithSchema(scale(2), R"({"price": "BOI="})")),
            "price=12.50");
  EXPECT_EQ(kit.Read(WithSchema(scale(3), R"({"price": "BOI="})")),
            "price=1.25");
  EXPECT_EQ(kit.Read(WithSchema(scale(0), R"({"price": "BOI="})")),
            "price=1250.00");
  // Connect's `decimal.format` NUMERIC.
  EXPECT_EQ(kit.Read(WithSchema(scale(2), R"({"price": 12.5})")),
            "price=12.50");
  // What the schema says of the row's source is not of the row.
  EXPECT_EQ(kit.Read(fmt::format(
                R"({{"schema": {{"fields": [
                       {{"field": "after", "fields": [{}]}},
                       {{"field": "source", "fields": [{}]}}]}},
                     "payload": {{"op": "c", "after": {{"price": "BOI="}}}}}})",
                scale(2), scale(0))),
            "price=12.50");
  EXPECT_EQ(kit.Read(WithSchema(scale(4), R"({"price": "BOI="})")),
            "FAILED_PRECONDITION: field 'price' is a number of more places, "
            "not of type decimal(10,2)");
  EXPECT_THAT(kit.Read(WithSchema(decimal(""), R"({"price": "BOI="})")),
              HasSubstr("FAILED_PRECONDITION: field 'price' is no number"));
  // The one before is not this one's.
  EXPECT_THAT(kit.Read(R"({"op": "c", "after": {"price": "BOI="}})"),
              HasSubstr("give it an encoding"));
}

TEST(DebeziumJsonTest, SchemasThatTakeTurnsAreEachTheirRecords) {
  FormatKit kit(DebeziumSource({Field("price", kPrice)}));
  const auto of = [](int places) {
    return WithSchema(fmt::format(R"({{"type": "bytes", "field": "price",
                        "name": "org.apache.kafka.connect.data.Decimal",
                        "parameters": {{"scale": "{}"}}}})",
                                  places),
                      R"({"price": "AA=="})");
  };
  // More than are kept.
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(kit.Read(of(i % 20)), "price=0.00");
    EXPECT_EQ(kit.Read(WithSchema(R"({"type": "double", "field": "price"})",
                                  R"({"price": 1.5})")),
              "price=1.50");
  }
  std::string long_one = of(2);
  long_one.insert(long_one.find("s.shop"), std::string(1 << 20, 's'));
  EXPECT_THAT(kit.Read(long_one), HasSubstr("bytes; at most 1048576 are read"));
}

TEST(DebeziumJsonTest, WhatIsDamagedIsRefusedOrRead) {
  FormatKit users(DebeziumSource(UserFields()));
  const std::string whole =
      fmt::format(R"({{"schema": {{"a": [1]}}, "payload": {}}})", kUpdate);
  for (size_t length = 0; length < whole.size(); ++length) {
    EXPECT_THAT(users.Read(whole.substr(0, length)), HasSubstr("INVALID_"));
  }
  std::mt19937_64 random(20'200'913);
  for (int i = 0; i < 5'000; ++i) {
    std::string value = whole;
    for (size_t n = 1 + random() % 3; n > 0; --n) {
      value[random() % value.size()] = static_cast<char>(random());
    }
    EXPECT_FALSE(users.Read(value).empty());
  }
}

}  // namespace
}  // namespace freshet
