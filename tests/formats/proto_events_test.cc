// SPDX-License-Identifier: Apache-2.0
#include "ingest/formats/proto/proto_events.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>

#include "features/byte_reader.h"
#include "ingest/formats/proto/proto_plan.h"
#include "tests/formats/event_text.h"
#include "tests/formats/format_sources.h"
#include "tests/formats/proto_files.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

StreamSource Payments() {
  return ProtoSource({Field("i32", kInt32),
                      Field("i64", kInt64),
                      Field("u32", kInt64),
                      Field("u64", kInt64),
                      Field("s32", kInt32),
                      Field("s64", kInt64),
                      Field("f32", kInt64),
                      Field("f64", kInt64),
                      Field("sf32", kInt32),
                      Field("sf64", kInt64),
                      Field("ratio", {.kind = Kind::kFloat}),
                      Field("amount", kReal),
                      Field("paid", {.kind = Kind::kBool}),
                      Field("user", kText),
                      Field("raw", {.kind = Kind::kBytes}),
                      Field("status", kText),
                      Field("at", kTime),
                      Field("millis", kTime, ValueEncoding::kMillis),
                      Field("maybe", kInt64),
                      Field("wrapped", kInt64),
                      Field("name", kText),
                      Field("one", kText)},
                     kPaymentFile, "Payment");
}

TEST(ProtoEventsTest, EveryTypeIsRead) {
  FormatKit payments(Payments());
  EXPECT_EQ(payments.Read(FromHex(kProtoPaymentHex)),
            "i32=-2147483648 i64=-9223372036854775808 u32=4294967295 "
            "u64=9223372036854775807 s32=-5 s64=-9223372036854775808 "
            "f32=4294967295 f64=7 sf32=-7 sf64=-8 ratio=0.1 amount=1e+300 "
            "paid=true user=h\u00e9 raw=0x00ff status=PAID "
            "at=1969-12-31T23:59:59.999999Z millis=2020-09-13T12:26:40.123Z "
            "maybe=0 wrapped=0 name=ann one=x");
}

TEST(ProtoEventsTest, Rule10WithoutPresenceItIsTheDefaultAndWithItNotSaid) {
  FormatKit payments(Payments());
  EXPECT_EQ(payments.Read(""),
            "i32=0 i64=0 u32=0 u64=0 s32=0 s64=0 f32=0 f64=0 sf32=0 sf64=0 "
            "ratio=0.0 amount=0.0 paid=false user= raw=0x status=OPEN "
            "millis=1970-01-01T00:00:00Z");
}

std::string ReadPayment(std::string_view hex) {
  FormatKit kit(ProtoSource({Field("u64", kInt64), Field("user", kText),
                             Field("status", kText), Field("at", kTime)},
                            kPaymentFile, "shop.Payment"));
  return kit.Read(FromHex(hex));
}

TEST(ProtoEventsTest, WhatDoesNotFitOrIsDamagedIsRefused) {
  const std::string damaged =
      "INVALID_ARGUMENT: it is no message of protobuf: it ends too early, or a "
      "length or a tag in it is none";
  // Number 4 is u64.
  EXPECT_THAT(ReadPayment("20ffffffffffffffffff01"),
              HasSubstr("field 'u64' is no integer that fits"));
  EXPECT_EQ(ReadPayment("20ff"), damaged);
  EXPECT_EQ(ReadPayment("20ffffffffffffffffffff01"), damaged);
  EXPECT_EQ(ReadPayment("7205"
                        "61"),
            damaged)
      << "user, cut";
  EXPECT_THAT(ReadPayment("7201"
                          "ff"),
              HasSubstr("a string is not UTF-8"));
  EXPECT_EQ(ReadPayment("2200"),
            "FAILED_PRECONDITION: field 'u64' is written as another type than "
            "its schema says");
  EXPECT_EQ(ReadPayment("00"), damaged) << "a tag of number 0";
  EXPECT_EQ(ReadPayment("06"), damaged);
  EXPECT_THAT(ReadPayment("800107"), HasSubstr("an enum of a number without"));
  EXPECT_THAT(ReadPayment("8a0106"
                          "10ffffffff0f"),
              HasSubstr("field 'at' is no moment that fits"));
  EXPECT_THAT(ReadPayment("8a010608"
                          "ffffffffffffffff7f"),
              HasSubstr("ends too early"));
}

TEST(ProtoEventsTest, WhatIsNoMemberIsPassedOver) {
  // 100: a varint, eight bytes, bytes, four bytes, a group with a group.
  EXPECT_THAT(ReadPayment("a00601"
                          "a1060102030405060708"
                          "a20602ffff"
                          "a50601020304"
                          "a306a30608"
                          "01a406a406"
                          "2005"),
              StartsWith("u64=5 "));
  EXPECT_THAT(ReadPayment("a306"), HasSubstr("ends too early"));
  EXPECT_THAT(ReadPayment("a306ac06"), HasSubstr("ends too early"));
  EXPECT_THAT(ReadPayment("a406"), HasSubstr("ends too early"));
  std::string groups;
  for (int i = 0; i < 1'000'000; ++i) groups += "\xa3\x06";
  FormatKit kit(Payments());
  EXPECT_THAT(kit.Read(groups), HasSubstr("ends too early"));
}

TEST(ProtoEventsTest, WhatIsDamagedIsRefusedOrRead) {
  FormatKit kit(Payments());
  const std::string whole = FromHex(kProtoPaymentHex);
  std::mt19937_64 random(20'130'310);
  for (size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(kit.Read(whole.substr(0, length)).empty());
  }
  for (int i = 0; i < 20'000; ++i) {
    std::string value = whole;
    for (size_t n = 1 + random() % 3; n > 0; --n) {
      value[random() % value.size()] = static_cast<char>(random());
    }
    EXPECT_FALSE(kit.Read(value).empty());
  }
}

TEST(ProtoEventsTest, OfAMemberThatIsThereOftenTheLastOneIsRead) {
  FormatKit kit(ProtoSource({Field("i64", kInt64), Field("user", kText)},
                            kPaymentFile, "Payment"));
  EXPECT_EQ(kit.Read(FromHex("1001"
                             "720161"
                             "1002"
                             "720162")),
            "i64=2 user=b");

  const std::string name(1'000, 'N');
  const StreamSource source = ProtoSource(
      {Field("status", kText)},
      fmt::format("syntax = \"proto3\"; enum E {{ A = 0; {} = 1; }} "
                  "message M {{ E status = 1; }}",
                  name),
      "M");
  const auto format = MakeEventFormat(source, nullptr).value();
  EventRows rows(source.fields);
  rows.Begin(0, 0);
  std::string often;
  for (int i = 0; i < 100'000; ++i) often += "\x08\x01";
  ASSERT_TRUE(format->Read(often, rows).ok());
  EXPECT_EQ(rows.text_bytes(), 1'000) << "each would be 100 MB";
  EXPECT_EQ(EventText(source.fields, rows.batch(), 0), "status=" + name);
}

TEST(ProtoEventsTest, OfAOneofTheLastOneIsThere) {
  const auto read = [](std::vector<StreamField> fields, std::string_view hex) {
    return FormatKit(ProtoSource(std::move(fields), kPaymentFile, "Payment"))
        .Read(FromHex(hex));
  };
  const StreamField one = Field("one", kText);
  const StreamField two = Field("two", kInt64);
  const std::string text = "b2010178";
  const std::string number = "b80105";
  EXPECT_EQ(read({one, two}, text + number), "two=5");
  EXPECT_EQ(read({two, one}, number + text), "one=x");
  EXPECT_EQ(read({one, two}, text + number + text), "one=x");
  // Also one that no field is of.
  EXPECT_EQ(read({one}, text + number), "");
  EXPECT_EQ(read({one}, number + text), "one=x");
}

std::string ProblemOf(std::string_view text, const std::string& message = "M") {
  auto file = ParseProtoFile(text);
  absl::Status status = file.status();
  if (file.ok()) {
    status = MakeProtoPlan(*std::move(file), {.name = message},
                           ProtoSource({}, text, message))
                 .status();
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

std::string ReadX(std::string_view file, std::string_view hex) {
  return FormatKit(ProtoSource({Field("x", kInt64)}, file, "M"))
      .Read(FromHex(hex));
}

TEST(ProtoPlanTest, TheValueOfAnOptionIsNotParsed) {
  std::string deep;
  for (int i = 0; i < 200'000; ++i) deep += "r<";
  deep += std::string(200'000, '>');
  EXPECT_EQ(ReadX(fmt::format(R"pb(
                                syntax = "proto2"
                                ; import "google/protobuf/descriptor.proto";
    message R {{ optional R r = 1; }}
    extend google.protobuf.MessageOptions {{ optional R deep = 50000; }}
    message M {{ option (deep) = {{ {} }}; optional int64 x = 1; }})pb",
                              deep),
                  "0805"),
            "x=5");
  // A file may say itself what options there are.
  EXPECT_EQ(ReadX(fmt::format(R"pb(
                                syntax = "proto2"
                                ; package google.protobuf;
    message R {{ optional R r = 1; }}
    message FieldOptions {{ optional R deep = 1; }}
    message M {{ optional int64 x = 1 [deep = {{ {} }}]; }})pb",
                              deep),
                  "0805"),
            "x=5");
  FormatKit alias(
      ProtoSource({Field("e", kText)},
                  "syntax = \"proto3\"; message M { E e = 1; } enum E "
                  "{ option allow_alias = true; A = 0; B = 0; }",
                  "M"));
  EXPECT_EQ(alias.Read(""), "e=A");
}

TEST(ProtoPlanTest, OnlyBlocksAreCountedAsBlocks) {
  const std::string braces(100, '{');
  EXPECT_EQ(ReadX("syntax = \"proto2\"; // " + braces + "\n/* " + braces +
                      " */ message M { optional int64 x = 1; "
                      "optional string s = 2 [default = \"" +
                      braces + "\"]; }",
                  "0805"),
            "x=5");
  std::string groups = "syntax = \"proto2\"; message M {";
  for (int i = 0; i < 40; ++i) groups += "optional group G = 1 {";
  EXPECT_THAT(ProblemOf(groups),
              HasSubstr("blocks are within blocks 32 times"));
  EXPECT_THAT(ProblemOf(std::string(100, '}') + std::string(40, '{')),
              HasSubstr("blocks are within blocks 32 times"));
  // A thousand names, each with the package before it.
  std::string names =
      "syntax = \"proto3\"; package " + std::string(100'000, 'p') + ";";
  for (int i = 0; i < 1'000; ++i) names += fmt::format("message M{} {{}}", i);
  EXPECT_EQ(ProblemOf(names), "its names have more than 16777216 bytes");
}

TEST(ProtoPlanTest, AWrapperIsOneByItsFile) {
  const std::string own = R"pb(
    syntax = "proto3"
    ; package google.protobuf;
    message Int64Value {} message Timestamp { int64 x = 1; }
    message M { Int64Value x = 1; Timestamp at = 2; })pb";
  EXPECT_EQ(ReadX(own, "0a00"),
            "FAILED_PRECONDITION: field 'x' is google.protobuf.Int64Value, not "
            "of type int64");
  FormatKit at(ProtoSource({Field("at", kTime)}, own, "M"));
  EXPECT_EQ(at.Read(FromHex("12020805")),
            "FAILED_PRECONDITION: field 'at' is google.protobuf.Timestamp, not "
            "of type timestamp");
}

TEST(ProtoPlanTest, AFileWithoutSyntaxIsOfProto2AndNothingIsPrinted) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(ReadX("message M { optional int64 x = 1 [default = 7]; }", ""), "");
  EXPECT_EQ(ProblemOf("message M { optional int64 x 1; }"),
            "line 1, column 30: Missing field number.");
  EXPECT_EQ(ProblemOf("message M {\n optional int64 x 1; }"),
            "line 2, column 19: Missing field number.");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(ProtoPlanTest, WhatIsWrongOfAFileIsSaidWithItsPlace) {
  EXPECT_EQ(ProblemOf("syntax = \"proto3\";\nmessage M { int64 x 1; }"),
            "line 2, column 21: Missing field number.");
  EXPECT_EQ(ProblemOf("syntax = \"proto3\"; message M { Other x = 1; }"),
            "'M.x': \"Other\" is not defined.");
  EXPECT_EQ(ProblemOf("syntax = \"proto3\"; import \"shop/a.proto\";"),
            "it imports 'shop/a.proto', and there are only files of "
            "google/protobuf/ that can be");
  EXPECT_THAT(ProblemOf("syntax = \"proto3\"; message Payment {}", "Paymant"),
              HasSubstr("it has no message 'Paymant'; nearest: 'Payment'"));
  EXPECT_THAT(ProblemOf(std::string(100, '{')),
              HasSubstr("blocks are within blocks 32 times"));
  EXPECT_THAT(ProblemOf(std::string((1 << 20) + 1, ' ')),
              HasSubstr("at most 1048576 are read"));
}

TEST(ProtoPlanTest, AFieldIsInTheMessageAndOfItsType) {
  StreamSource source = ProtoSource(
      {Field("usre", kText), Field("i64", kInt32), Field("many", kInt64),
       Field("tags", kText), Field("inner", kText), Field("i32", kTime)},
      kPaymentFile, "Payment");
  source.fields[0].at.line = 7;
  Definitions definitions;
  definitions.stream_sources = {source};
  std::vector<Problem> problems;
  CheckProtoSources(definitions, problems);
  std::vector<std::string> said;
  for (const Problem& problem : problems) said.push_back(problem.message);
  EXPECT_THAT(
      said,
      ElementsAre("field 'usre' is not in the schema; nearest: 'user'",
                  "schema: field 'i64' is int64, not of type int32",
                  "schema: field 'many' is repeated int64, not of type int64",
                  "schema: field 'tags' is a map, not of type string",
                  "schema: field 'inner' is shop.Payment.Inner, not of type "
                  "string",
                  "schema: field 'i32' is int32, and its definition does not "
                  "say of what since 1970: give it an encoding"));
  EXPECT_EQ(problems[0].at.line, 7);
}

class FakeRegistry : public SchemaLookup {
 public:
  absl::StatusOr<RegisteredSchema> Find(int32_t) override {
    ++asked;
    return RegisteredSchema{.type = "PROTOBUF",
                            .text = std::string(kPaymentFile)};
  }
  int asked = 0;
};

TEST(RegisteredProtoTest, AValueSaysWhichOfTheMessagesItIs) {
  FakeRegistry registry;
  StreamSource source = ProtoSource({Field("x", kInt64)}, "", "");
  source.kafka->schema_registry = SchemaRegistrySettings{.url = "http://r"};
  FormatKit kit(source, &registry);
  const auto read = [&](std::string_view hex) {
    return kit.Read(FromHex("0000000001" + std::string(hex)));
  };
  // The second message; then the first one within the first, Inner.
  EXPECT_EQ(read("0202"
                 "0805"),
            "x=5");
  EXPECT_EQ(read("040000"
                 "0806"),
            "x=6");
  EXPECT_EQ(read("00"
                 "0806"),
            "")
      << "the first has none of the name";
  EXPECT_EQ(read("0202"
                 "0807"),
            "x=7");
  // The same place, written longer.
  EXPECT_EQ(read("820002"
                 "0808"),
            "x=8");
  EXPECT_EQ(read("020a"
                 "0805"),
            "INVALID_ARGUMENT: schema 1: it has no message of such a place");
  for (int i = 2; i < 300; ++i) {
    std::string value = FromHex("0000000001");
    AppendVarint(ZigZag(1), &value);
    AppendVarint(ZigZag(i), &value);
    EXPECT_THAT(kit.Read(value), HasSubstr("no message of such a place"));
  }
  EXPECT_EQ(registry.asked, 1);
  EXPECT_THAT(read("01"), HasSubstr("no place of a message stands"));
  EXPECT_THAT(read("feffffff0f"), HasSubstr("no place of a message stands"));
  EXPECT_THAT(read(""), HasSubstr("no place of a message stands"));
}

}  // namespace
}  // namespace freshet
