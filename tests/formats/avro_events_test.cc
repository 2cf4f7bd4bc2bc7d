// SPDX-License-Identifier: Apache-2.0
#include "ingest/formats/avro_events.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <utility>

#include "base/error.h"
#include "tests/formats/avro_schemas.h"
#include "tests/formats/event_text.h"
#include "tests/formats/format_sources.h"

namespace freshet {
namespace {

using testing::HasSubstr;

const Type kPrice = {.kind = Kind::kDecimal, .precision = 18, .scale = 2};

std::vector<StreamField> PaymentFields() {
  return {Field("paid", {.kind = Kind::kBool}),
          Field("count", kInt32),
          Field("cents", kInt64),
          Field("ratio", {.kind = Kind::kFloat}),
          Field("amount", kReal),
          Field("user", kText),
          Field("raw", kBytes),
          Field("hash", kBytes),
          Field("price", kPrice),
          Field("tax", kPrice),
          Field("status", kText),
          Field("id", kText),
          Field("millis", kTime),
          Field("micros", kTime),
          Field("day", kTime, ValueEncoding::kDays),
          Field("seen", kTime, ValueEncoding::kSeconds)};
}

// `schema` is of one field, `f`.
std::string ReadOne(std::string_view schema, const StreamField& field,
                    std::string_view hex) {
  return FormatKit(AvroSource({field}, OneField(schema))).Read(FromHex(hex));
}

TEST(AvroEventsTest, EveryTypeIsRead) {
  FormatKit payments(AvroSource(PaymentFields(), kPaymentSchema));

  EXPECT_EQ(payments.Read(FromHex(kPaymentHex)),
            "paid=true count=-2147483648 cents=9223372036854775807 ratio=0.1 "
            "amount=1e+300 user=hé raw=0x00ff hash=0x01020304 price=-12.34 "
            "tax=9999999999999999.99 status=PAID "
            "id=00112233-4455-6677-8899-aabbccddeeff "
            "millis=2013-03-10T12:00:00.5Z micros=1969-12-31T23:59:59.999999Z "
            "day=2020-09-13T00:00:00Z seen=2020-09-13T12:26:40Z");
  EXPECT_THAT(payments.Read(FromHex(kPaymentOfNullsHex)),
              AllOf(HasSubstr("user=null"), HasSubstr("micros=null"),
                    HasSubstr("price=0.00 tax=-0.01 status=OPEN")));
}

TEST(AvroEventsTest, WhatIsNoFieldIsPassedOver) {
  FormatKit one(AvroSource({Field("seen", kInt64), Field("other", kText)},
                           kPaymentSchema));
  EXPECT_EQ(one.Read(FromHex(kPaymentHex)), "seen=1600000000");
  EXPECT_EQ(one.Read(FromHex(kPaymentOfNullsHex)), "seen=1600000000");
}

TEST(AvroEventsTest, AValueOfAnotherTypeIsRefused) {
  FormatKit wrong(AvroSource({Field("user", kInt64)}, kPaymentSchema));
  EXPECT_EQ(wrong.Read(FromHex(kPaymentHex)),
            "FAILED_PRECONDITION: field 'user' is string, not of type int64");
  EXPECT_EQ(wrong.Read(FromHex(kPaymentOfNullsHex)), "user=null");
  EXPECT_EQ(ReadOne(R"("long")", Field("f", kTime), "0a"),
            "FAILED_PRECONDITION: field 'f' is long, and its definition does "
            "not say of what since 1970: give it an encoding");
  EXPECT_EQ(ReadOne(R"("double")", Field("f", kTime), "0000000000000000"),
            "FAILED_PRECONDITION: field 'f' is double, not of type timestamp");
  // 12345, of three places.
  EXPECT_THAT(ReadOne(R"({"type": "bytes", "logicalType": "decimal",
                          "precision": 9, "scale": 3})",
                      Field("f", kPrice), "043039"),
              HasSubstr("field 'f' is a number of more places"));
  EXPECT_THAT(ReadOne(R"("bytes")", Field("f", kPrice), "043039"),
              HasSubstr("field 'f' is bytes, not of type decimal(18,2)"));
}

TEST(AvroEventsTest, AnEncodingThatIsNotTheSchemasIsNotReadByEither) {
  const std::string millis =
      R"({"type": "long", "logicalType": "timestamp-millis"})";
  const std::string local =
      R"({"type": "long", "logicalType": "local-timestamp-micros"})";
  EXPECT_EQ(ReadOne(millis, Field("f", kTime, ValueEncoding::kMillis), "02"),
            "f=1970-01-01T00:00:00.001Z");
  EXPECT_EQ(ReadOne(millis, Field("f", kTime, ValueEncoding::kMicros), "02"),
            "FAILED_PRECONDITION: field 'f' is long (timestamp-millis): its "
            "encoding is 'millis', and its definition says 'micros'");
  EXPECT_EQ(ReadOne(millis, Field("f", kInt64), "02"), "f=1");
  // What a clock somewhere shows is a moment only if the definition says so.
  EXPECT_EQ(ReadOne(local, Field("f", kTime, ValueEncoding::kMicros), "02"),
            "f=1970-01-01T00:00:00.000001Z");
  EXPECT_EQ(ReadOne(local, Field("f", kTime), "02"),
            "FAILED_PRECONDITION: field 'f' is long (local-timestamp-micros): "
            "its encoding is 'micros', and its definition says none");
}

TEST(AvroEventsTest, WhatConnectSaysOfATimeIsKnown) {
  const std::string zoned =
      R"({"type": "string", "connect.name": "io.debezium.time.ZonedTimestamp"})";
  const std::string moment = "28323032302d30312d30315430303a30303a30305a";
  EXPECT_EQ(ReadOne(zoned, Field("f", kTime), moment),
            "f=2020-01-01T00:00:00Z");
  EXPECT_EQ(ReadOne(zoned, Field("f", kTime, ValueEncoding::kText), moment),
            "f=2020-01-01T00:00:00Z");
  EXPECT_THAT(ReadOne(zoned, Field("f", kTime, ValueEncoding::kMillis), moment),
              HasSubstr("field 'f' is string"));
  // It may be what a clock somewhere shows.
  const std::string connect =
      R"({"type": "long", "logicalType": "timestamp-millis",
          "connect.name": "org.apache.kafka.connect.data.Timestamp"})";
  EXPECT_EQ(ReadOne(connect, Field("f", kTime, ValueEncoding::kMillis), "02"),
            "f=1970-01-01T00:00:00.001Z");
  EXPECT_EQ(ReadOne(connect, Field("f", kTime), "02"),
            "FAILED_PRECONDITION: field 'f' is "
            "org.apache.kafka.connect.data.Timestamp: its encoding is "
            "'millis', and its definition says none");
}

TEST(AvroEventsTest, TextsAndNumbersAreReadAsFarAsNothingIsLost) {
  EXPECT_EQ(ReadOne(R"("int")", Field("f", kInt64), "02"), "f=1");
  EXPECT_THAT(ReadOne(R"("long")", Field("f", kInt32), "02"),
              HasSubstr("field 'f' is long, not of type int32"));
  EXPECT_EQ(ReadOne(R"("float")", Field("f", kReal), "0000003f"), "f=0.5");
  EXPECT_THAT(ReadOne(R"("double")", Field("f", {.kind = Kind::kFloat}),
                      "0000000000000000"),
              HasSubstr("not of type float"));
  EXPECT_EQ(ReadOne(R"("string")", Field("f", kPrice, ValueEncoding::kText),
                    "08312e3530"),
            "f=1.50");
  EXPECT_THAT(ReadOne(R"("string")", Field("f", kPrice), "08312e3530"),
              HasSubstr("field 'f' is string"));
  EXPECT_THAT(
      ReadOne(R"("string")", Field("f", kTime, ValueEncoding::kText), "0278"),
      "FAILED_PRECONDITION: field 'f' does not fit timestamp: it takes RFC "
      "3339 "
      "with a zone and at most 6 fraction digits, such as "
      "2013-12-31T23:59:59Z");
  EXPECT_EQ(ReadOne(R"({"type": "fixed", "name": "U", "size": 16,
                        "logicalType": "uuid"})",
                    Field("f", kText), "00112233445566778899aabbccddeeff"),
            "f=00112233-4455-6677-8899-aabbccddeeff");
}

TEST(AvroEventsTest, WhatIsNotOfItsSchemaIsRefused) {
  const std::string cut =
      "INVALID_ARGUMENT: it is not of its schema: it ends too early, or a "
      "length in it is none";
  const StreamField text = Field("f", kText);
  EXPECT_EQ(ReadOne(R"("string")", text, ""), cut);
  EXPECT_EQ(ReadOne(R"("string")", text, "0461"), cut);
  EXPECT_EQ(ReadOne(R"("string")", text, "01"), cut) << "a negative length";
  EXPECT_EQ(ReadOne(R"("string")", text, "feffffffffffffffff01"), cut);
  EXPECT_EQ(ReadOne(R"("string")", text, "ffffffffffffffffffff7f"), cut);
  EXPECT_THAT(ReadOne(R"("string")", text, "02ff"), HasSubstr("is not UTF-8"));
  EXPECT_THAT(ReadOne(R"("string")", text,
                      "0261"
                      "00"),
              HasSubstr("there are bytes behind it"));
  EXPECT_THAT(ReadOne(R"(["null", "string"])", text, "04"),
              HasSubstr("a union has no such type"));
  EXPECT_THAT(ReadOne(R"(["null", "string"])", text, "01"),
              HasSubstr("a union has no such type"));
  EXPECT_THAT(
      ReadOne(R"({"type": "enum", "name": "E", "symbols": ["A"]})", text, "02"),
      HasSubstr("an enum has no such symbol"));
  EXPECT_THAT(ReadOne(R"("boolean")", Field("f", {.kind = Kind::kBool}), "02"),
              HasSubstr("a boolean is neither 0 nor 1"));
  EXPECT_THAT(ReadOne(R"("int")", Field("f", kInt64), "8080808020"),
              HasSubstr("an int has more than 32 bits"));
}

// What it costs is bounded by the bytes that there are.
TEST(AvroEventsTest, BytesThatPromiseMoreThanTheyAreCostNothing) {
  FormatKit nulls(
      AvroSource({}, OneField(R"({"type": "array", "items": "null"})")));
  EXPECT_EQ(nulls.Read(FromHex("feffffffffffffffff01"
                               "00")),
            "");
  FormatKit texts(
      AvroSource({}, OneField(R"({"type": "map", "values": "string"})")));
  EXPECT_THAT(texts.Read(FromHex("feffffffffffffffff01"
                                 "00")),
              HasSubstr("it ends too early"));
  // A block that says its length is passed over as a whole.
  EXPECT_EQ(texts.Read(FromHex("01"
                               "06"
                               "ffffff"
                               "00")),
            "");
  EXPECT_THAT(texts.Read(FromHex("01"
                                 "01"
                                 "00")),
              HasSubstr("a block has a negative length"));
  EXPECT_THAT(texts.Read(FromHex("01"
                                 "feffffffffffffffff01")),
              HasSubstr("it ends too early"));
  FormatKit chain(AvroSource({}, R"({"type": "record", "name": "R", "fields": [
      {"name": "next", "type": ["null", "R"]}]})"));
  EXPECT_EQ(chain.Read(FromHex("02"
                               "02"
                               "00")),
            "");
  EXPECT_THAT(chain.Read(std::string(1 << 20, '\x02')),
              HasSubstr("values are within values too often"));
  FormatKit itself(AvroSource({}, R"({"type": "record", "name": "R", "fields": [
      {"name": "next", "type": "R"}]})"));
  EXPECT_EQ(itself.Read(""), "");
}

TEST(AvroEventsTest, WhatIsDamagedIsRefusedOrRead) {
  const std::pair<std::string_view, std::string_view> values[] = {
      {kPaymentSchema, kPaymentHex}, {kPaymentSchema, kPaymentOfNullsHex}};
  std::mt19937_64 random(20'130'310);
  for (const auto& [schema, hex] : values) {
    FormatKit kit(AvroSource(PaymentFields(), schema));
    const std::string whole = FromHex(hex);
    for (size_t length = 0; length < whole.size(); ++length) {
      EXPECT_THAT(kit.Read(whole.substr(0, length)), HasSubstr("INVALID_"));
    }
    for (int i = 0; i < 20'000; ++i) {
      std::string value = whole;
      for (size_t n = 1 + random() % 3; n > 0; --n) {
        value[random() % value.size()] = static_cast<char>(random());
      }
      EXPECT_FALSE(kit.Read(value).empty());
    }
  }
}

StreamSource Changes() {
  StreamSource source = AvroSource(
      {Field("id", kInt64), Field("tier", kText),
       Field("at", kTime, ValueEncoding::kMicros), Field("balance", kPrice),
       Field("__op", kText), Field("__deleted", {.kind = Kind::kBool}),
       Field("__source_ts_ms", kTime), Field("__ts_ms", kInt64),
       Field("__lsn", kInt64)},
      kChangeSchema);
  source.kafka->envelope = RecordEnvelope::kDebezium;
  return source;
}

TEST(AvroChangesTest, AChangeIsTheRowAfterItAndADeletionTheOneBefore) {
  FormatKit users(Changes());

  EXPECT_EQ(users.Read(FromHex(kUpdateHex)),
            "id=1004 tier=gold at=2020-09-13T12:26:40.123456Z balance=12.50 "
            "__op=u __deleted=false __source_ts_ms=2019-05-28T08:58:24.863Z "
            "__ts_ms=1465584025523 __lsn=24023128");
  EXPECT_EQ(users.Read(FromHex(kDeleteHex)),
            "id=1004 tier=null at=1970-01-01T00:00:00Z balance=null __op=d "
            "__deleted=true __source_ts_ms=2019-05-28T08:58:24.863Z "
            "__ts_ms=null __lsn=null");
  EXPECT_EQ(users.Read(FromHex(kNoImageHex)),
            "INVALID_ARGUMENT: its 'op' is d, and it has no 'before'");
  EXPECT_THAT(users.Read(FromHex(kTruncateHex)),
              HasSubstr("it is no change of a row by Debezium"));
}

TEST(AvroChangesTest, ARecordThatIsNotTheOneOfItsUnionIsNotReadAsThat) {
  StreamSource source = AvroSource({Field("id", kInt64)}, R"({
      "type": "record", "name": "E", "fields": [
        {"name": "after", "type": ["null",
          {"type": "record", "name": "A",
           "fields": [{"name": "id", "type": "long"}]},
          {"type": "record", "name": "B",
           "fields": [{"name": "id", "type": "string"}]}]},
        {"name": "op", "type": "string"}]})");
  source.kafka->envelope = RecordEnvelope::kDebezium;
  FormatKit kit(source);
  EXPECT_EQ(kit.Read(FromHex("020a"
                             "0263")),
            "id=5");
  EXPECT_EQ(kit.Read(FromHex("040261"
                             "0263")),
            "INVALID_ARGUMENT: it is not of its schema: a union has a record "
            "that is not the first of its records");
}

TEST(AvroChangesTest, Rule35WhatTheDatabaseDidNotTellIsNotSaid) {
  FormatKit users(Changes());
  EXPECT_THAT(users.Read(FromHex(kUntoldHex)),
              HasSubstr("id=1004 at=2020-09-13T12:26:40.123456Z "));
}

TEST(AvroChangesTest, WhatIsDamagedIsRefusedOrRead) {
  FormatKit users(Changes());
  const std::string whole = FromHex(kUpdateHex);
  for (size_t length = 0; length < whole.size(); ++length) {
    EXPECT_THAT(users.Read(whole.substr(0, length)), HasSubstr("INVALID_"));
  }
  std::mt19937_64 random(20'200'913);
  for (int i = 0; i < 20'000; ++i) {
    std::string value = whole;
    value[random() % value.size()] = static_cast<char>(random());
    EXPECT_FALSE(users.Read(value).empty());
  }
}

class FakeRegistry : public SchemaLookup {
 public:
  absl::StatusOr<RegisteredSchema> Find(int32_t id) override {
    ++asked;
    if (away) return Unavailable("nobody there");
    if (refused) return InvalidArgument("too long");
    const auto found = schemas.find(id);
    if (found == schemas.end()) return NotFound("none");
    return found->second;
  }

  std::map<int32_t, RegisteredSchema> schemas;
  bool away = false;
  bool refused = false;
  int asked = 0;
};

std::string Framed(uint8_t id, std::string_view value) {
  return std::string({'\0', '\0', '\0', '\x01', static_cast<char>(id)}) +
         std::string(value);
}

class RegisteredAvroTest : public testing::Test {
 protected:
  static StreamSource FromRegistry() {
    StreamSource source = AvroSource({Field("f", kInt64)}, "");
    source.kafka->schema_registry = SchemaRegistrySettings{.url = "http://r"};
    return source;
  }
  void Add(int32_t id, const std::string& text,
           const std::string& type = "AVRO") {
    registry_.schemas[id] = {.type = type, .text = text};
  }

  FakeRegistry registry_;
  FormatKit kit_{FromRegistry(), &registry_};
};

TEST_F(RegisteredAvroTest, EachValueIsReadByTheSchemaThatItNames) {
  Add(257, OneField(R"("long")"));
  Add(258, OneField(R"(["null", "int"])"));

  EXPECT_EQ(kit_.Read(Framed(1, "\x02")), "f=1");
  EXPECT_EQ(kit_.Read(Framed(2, std::string("\x02\x04", 2))), "f=2");
  EXPECT_EQ(kit_.Read(Framed(1, "\x06")), "f=3");
  EXPECT_EQ(registry_.asked, 2);
}

TEST_F(RegisteredAvroTest, AFieldThatASchemaHasNotIsNotSaid) {
  Add(257, R"({"type": "record", "name": "R", "fields": [
      {"name": "g", "type": "long"}]})");
  EXPECT_EQ(kit_.Read(Framed(1, "\x02")), "");
}

TEST_F(RegisteredAvroTest, ARegistryThatIsAwayIsAskedAgain) {
  Add(257, OneField(R"("long")"));
  registry_.away = true;
  EXPECT_EQ(kit_.Read(Framed(1, "\x02")), "UNAVAILABLE: nobody there");
  EXPECT_EQ(kit_.Read(Framed(1, "\x02")), "UNAVAILABLE: nobody there");
  registry_.away = false;
  EXPECT_EQ(kit_.Read(Framed(1, "\x02")), "f=1");
  registry_.away = true;
  EXPECT_EQ(kit_.Read(Framed(1, "\x04")), "f=2");
}

TEST_F(RegisteredAvroTest, ANumberOfNoSchemaIsRefusedAndNotAskedForEachTime) {
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(kit_.Read(Framed(9, "\x02")),
              "INVALID_ARGUMENT: the registry has no schema 265");
  }
  EXPECT_EQ(registry_.asked, 1);
}

TEST_F(RegisteredAvroTest, ASchemaThatIsTooLongIsRefusedForAWhile) {
  registry_.refused = true;
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(kit_.Read(Framed(1, "\x02")),
              "INVALID_ARGUMENT: schema 257: too long");
  }
  EXPECT_EQ(registry_.asked, 1);
}

TEST_F(RegisteredAvroTest, WhatIsWrongOfASchemaIsSaidShortly) {
  Add(257, fmt::format(R"({{"type": "{}"}})", std::string(500'000, 'x')));
  Add(258, "x", std::string(500'000, 'T'));
  EXPECT_LT(kit_.Read(Framed(1, "\x02")).size(), 700U);
  EXPECT_LT(kit_.Read(Framed(2, "\x02")).size(), 700U);
}

TEST_F(RegisteredAvroTest, ASchemaThatIsNotReadIsSaidAndNotAskedForAgain) {
  Add(257, "syntax = \"proto3\";", "PROTOBUF");
  Add(258, R"({"type": "recrd"})");
  Add(259, R"("long")");
  Add(260, OneField(R"("long")"));
  registry_.schemas[260].refers = true;
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(kit_.Read(Framed(1, "\x02")),
              "INVALID_ARGUMENT: schema 257 is of PROTOBUF, not of AVRO");
    EXPECT_THAT(kit_.Read(Framed(2, "\x02")),
                HasSubstr("INVALID_ARGUMENT: schema 258: there is no type "
                          "'recrd' before it"));
    EXPECT_EQ(kit_.Read(Framed(3, "\x02")),
              "INVALID_ARGUMENT: schema 259: it is long, not a record");
    EXPECT_THAT(kit_.Read(Framed(4, "\x02")),
                HasSubstr("schema 260 refers to others"));
  }
  EXPECT_EQ(registry_.asked, 4);
}

TEST_F(RegisteredAvroTest, WhatIsNotFramedIsRefused) {
  const std::string unframed =
      "INVALID_ARGUMENT: it does not begin with a zero byte and the number of "
      "a schema";
  EXPECT_EQ(kit_.Read(""), unframed);
  EXPECT_EQ(kit_.Read(std::string(4, '\0')), unframed);
  EXPECT_EQ(kit_.Read("{\"f\": 1}"), unframed);
  EXPECT_EQ(kit_.Read(std::string("\0\xff\0\0\x07", 5)),
            "INVALID_ARGUMENT: no registry has a schema 4278190087");
  EXPECT_EQ(kit_.Read(std::string("\0\x80\0\0\0", 5)),
            "INVALID_ARGUMENT: no registry has a schema 2147483648");
  EXPECT_EQ(registry_.asked, 0);
}

}  // namespace
}  // namespace freshet
