// SPDX-License-Identifier: Apache-2.0
// Where exactly a message of protobuf, or the file that it is read by, is too
// deep, too long or too large.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "features/byte_reader.h"
#include "ingest/formats/proto/proto_plan.h"
#include "tests/formats/event_text.h"
#include "tests/formats/format_sources.h"
#include "tests/formats/proto_files.h"

namespace freshet {
namespace {

using testing::HasSubstr;

constexpr char kDamaged[] =
    "INVALID_ARGUMENT: it is no message of protobuf: it ends too early, or a "
    "length or a tag in it is none";

std::string ReadPayment(const StreamField& field, std::string_view hex) {
  return FormatKit(ProtoSource({field}, kPaymentFile, "Payment"))
      .Read(FromHex(hex));
}
std::string ReadI64(std::string_view hex) {
  return ReadPayment(Field("i64", kInt64), hex);
}

TEST(ProtoBoundsTest, ATagIsANumberOf29BitsAndAWireType) {
  EXPECT_EQ(ReadI64("f8ffffff0f01"
                    "1005"),
            "i64=5");
  EXPECT_EQ(ReadI64("808080801001"
                    "1005"),
            kDamaged)
      << "2^29";
  EXPECT_EQ(ReadI64("0001"
                    "1005"),
            kDamaged)
      << "number 0";
  for (const char* tag : {"a606", "a706"}) {
    EXPECT_EQ(ReadI64(std::string(tag) + "1005"), kDamaged);
  }
}

TEST(ProtoBoundsTest, GroupsAreWithinGroups64Times) {
  const auto within = [](int groups) {
    std::string hex;
    for (int i = 0; i < groups; ++i) hex += "a306";
    for (int i = 0; i < groups; ++i) hex += "a406";
    return ReadI64(hex + "1005");
  };
  EXPECT_EQ(within(64), "i64=5");
  EXPECT_EQ(within(65), kDamaged);
  // Each ends as it begins: 100 and 101.
  EXPECT_EQ(ReadI64("a306ab06ac06a4061005"), "i64=5");
  EXPECT_EQ(ReadI64("a306ab06a406ac061005"), kDamaged);
}

TEST(ProtoBoundsTest, NumbersFitOrAreCutAsLibprotobufCutsThem) {
  const StreamField u64 = Field("u64", kInt64);
  EXPECT_EQ(ReadPayment(u64, "20ffffffffffffffff7f"),
            "u64=9223372036854775807");
  EXPECT_THAT(ReadPayment(u64, "2080808080808080808001"),
              HasSubstr("field 'u64' is no integer that fits"));
  // Of 32 bits: 2^32 + 3, as -2 in a zigzag; and 2^32 + 7.
  EXPECT_EQ(ReadPayment(Field("s32", kInt32), "288380808010"), "s32=-2");
  EXPECT_EQ(ReadPayment(Field("u32", kInt64), "188780808010"), "u32=7");
}

TEST(ProtoBoundsTest, AMomentHasLessThanASecondOfNanoseconds) {
  const auto read = [](int64_t seconds, uint64_t nanos) {
    std::string at = "\x08";
    AppendVarint(static_cast<uint64_t>(seconds), &at);
    at += '\x10';
    AppendVarint(nanos, &at);
    std::string value = FromHex("8a01");
    AppendLengthAndBytes(at, &value);
    return FormatKit(ProtoSource({Field("at", kTime)}, kPaymentFile, "Payment"))
        .Read(value);
  };
  EXPECT_EQ(read(0, 999'999'999), "at=1970-01-01T00:00:00.999999Z");
  const std::string unfit =
      "FAILED_PRECONDITION: field 'at' is no moment that fits, not of type "
      "timestamp";
  EXPECT_EQ(read(0, 1'000'000'000), unfit);
  EXPECT_EQ(read(0, 0xffff'ffff'ffff'ffff), unfit) << "-1";
  // 2^63 microseconds.
  EXPECT_NE(read(9'223'372'036'854, 775'807'000), unfit);
  EXPECT_EQ(read(9'223'372'036'854, 775'808'000), unfit);
  EXPECT_EQ(read(9'223'372'036'855, 0), unfit);
}

TEST(ProtoBoundsTest, WhatIsCutWithinAMessageIsDamaged) {
  const StreamField at = Field("at", kTime);
  EXPECT_EQ(ReadPayment(at,
                        "8a0102"
                        "08ff"),
            kDamaged);
  EXPECT_EQ(ReadPayment(at,
                        "8a0101"
                        "08"),
            kDamaged);
  EXPECT_EQ(ReadPayment(at,
                        "8a0102"
                        "2205"),
            kDamaged);
  constexpr std::string_view kWrapped = R"pb(
    syntax = "proto3"
    ; import "google/protobuf/wrappers.proto";
    message M {
      google.protobuf.BoolValue b = 1; google.protobuf.FloatValue f = 2;
      google.protobuf.DoubleValue d = 3; google.protobuf.Int64Value i = 4;
      google.protobuf.StringValue s = 5; google.protobuf.BytesValue y = 6;
    })pb";
  FormatKit kit(ProtoSource(
      {Field("b", {.kind = Kind::kBool}), Field("f", kReal), Field("d", kReal),
       Field("i", kInt64), Field("s", kText), Field("y", kBytes)},
      kWrapped, "M"));
  EXPECT_EQ(kit.Read(FromHex("0a020801"
                             "12050d0000003f"
                             "1a0909000000000000e03f"
                             "22020807"
                             "2a030a0161"
                             "32030a0162")),
            "b=true f=0.5 d=0.5 i=7 s=a y=0x62");
  for (const char* cut :
       {"0a0208ff", "0a0108", "12040d000000", "1a0809000000000000e0",
        "22020880", "2a020a01", "32020a01", "2203080712"}) {
    EXPECT_EQ(kit.Read(FromHex(cut)), kDamaged) << cut;
  }
}

// Another type under its number is another field, as of a later file.
TEST(ProtoBoundsTest, WhatAWrapperHasOfAnotherTypeIsPassedOver) {
  EXPECT_EQ(ReadPayment(Field("wrapped", kInt64),
                        "a20103"
                        "0a0141"),
            "wrapped=0");
  EXPECT_EQ(ReadPayment(Field("wrapped", kInt64),
                        "a20105"
                        "0a0141"
                        "0807"),
            "wrapped=7");
}

TEST(ProtoBoundsTest, AMessageThatIsThereTwiceIsADeadLetter) {
  EXPECT_EQ(ReadPayment(Field("at", kTime), "8a010208018a01020802"),
            "INVALID_ARGUMENT: field 'at' is there twice");
  EXPECT_EQ(ReadPayment(Field("wrapped", kInt64), "a201020801a201020802"),
            "INVALID_ARGUMENT: field 'wrapped' is there twice");
}

// Names are repeated in every event.
TEST(ProtoBoundsTest, AnEnumIsATextOfNamesOf1024Bytes) {
  const auto problem = [](size_t bytes) {
    Definitions definitions;
    definitions.stream_sources = {ProtoSource(
        {Field("e", kText)},
        fmt::format("syntax = \"proto3\"; enum E {{ A = 0; {} = 1; }} "
                    "message M {{ E e = 1; }}",
                    std::string(bytes, 'N')),
        "M")};
    std::vector<Problem> problems;
    CheckProtoSources(definitions, problems);
    return problems.empty() ? "" : problems[0].message;
  };
  EXPECT_EQ(problem(1'024), "");
  EXPECT_EQ(problem(1'025), "schema: field 'e' is E, not of type string");
}

TEST(ProtoBoundsTest, BlocksAreWithinBlocks32Times) {
  const auto parse = [](int blocks) {
    std::string file = "syntax = \"proto3\"; ";
    // libprotobuf has a bound of its own, of messages.
    for (int i = 1; i < blocks; ++i) file += "message M { ";
    file += "enum E { A = 0; ";
    return ParseProtoFile(file + std::string(static_cast<size_t>(blocks), '}'))
        .status();
  };
  EXPECT_TRUE(parse(32).ok()) << parse(32);
  EXPECT_THAT(std::string(parse(33).message()),
              HasSubstr("blocks are within blocks 32 times"));
}

class OneFile : public SchemaLookup {
 public:
  absl::StatusOr<RegisteredSchema> Find(int32_t) override {
    return RegisteredSchema{.type = "PROTOBUF",
                            .text = std::string(kPaymentFile)};
  }
};

TEST(ProtoBoundsTest, ThePlaceOfAMessageHas32NumbersThatAreSmall) {
  OneFile file;
  StreamSource source = ProtoSource({Field("x", kInt64)}, "", "");
  source.kafka->schema_registry = SchemaRegistrySettings{.url = "http://r"};
  FormatKit kit(source, &file);
  const auto read = [&](std::initializer_list<int64_t> path) {
    std::string value = FromHex("0000000001");
    AppendVarint(ZigZag(static_cast<int64_t>(path.size())), &value);
    for (const int64_t index : path) AppendVarint(ZigZag(index), &value);
    return kit.Read(value + FromHex("0805"));
  };
  EXPECT_EQ(read({1}), "x=5");
  EXPECT_THAT(read({999'999}), HasSubstr("it has no message of such a place"));
  const char* const none = "no place of a message stands behind";
  EXPECT_THAT(read({-1}), HasSubstr(none));
  EXPECT_THAT(read({(int64_t{1} << 32) + 1}), HasSubstr(none));
  EXPECT_THAT(read({1'000'001}), HasSubstr(none));
}

}  // namespace
}  // namespace freshet
