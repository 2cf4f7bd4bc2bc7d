// SPDX-License-Identifier: Apache-2.0
// Where exactly a value of Avro is too deep, too long or too large.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/formats/avro_schemas.h"
#include "tests/formats/event_text.h"
#include "tests/formats/format_sources.h"

namespace freshet {
namespace {

using testing::HasSubstr;

constexpr char kTooEarly[] = "it ends too early";

std::string Read(std::string_view schema, std::string_view value) {
  return FormatKit(AvroSource({}, schema)).Read(value);
}

// A value is within its record 64 times, whatever it is of.
TEST(AvroBoundsTest, ValuesAreWithinValues64Times) {
  const char* const too_deep = "values are within values too often";
  const auto times = [](int n, char byte) {
    return std::string(static_cast<size_t>(n), byte);
  };
  const std::string end(1, '\0');
  // Each record is two: one of a union.
  const char* const chain = R"({"type": "record", "name": "R", "fields": [
      {"name": "next", "type": ["null", "R"]}]})";
  EXPECT_EQ(Read(chain, times(32, '\x02') + end), "");
  EXPECT_THAT(Read(chain, times(33, '\x02') + end), HasSubstr(too_deep));
  // One value in each block, and the block's end.
  const char* const tree = R"({"type": "record", "name": "R", "fields": [
      {"name": "many", "type": {"type": "array", "items": "R"}}]})";
  EXPECT_EQ(Read(tree, times(32, '\x02') + end + times(32, '\0')), "");
  EXPECT_THAT(Read(tree, times(33, '\x02') + end + times(33, '\0')),
              HasSubstr(too_deep));
  const char* const map = R"({"type": "record", "name": "R", "fields": [
      {"name": "named", "type": {"type": "map", "values": "R"}}]})";
  std::string keys;
  for (int i = 0; i < 32; ++i) keys += FromHex("020261");
  EXPECT_EQ(Read(map, keys + end + times(32, '\0')), "");
  EXPECT_THAT(Read(map, keys + FromHex("020261") + end + times(33, '\0')),
              HasSubstr(too_deep));
}

// What takes no byte has a key in a map all the same.
TEST(AvroBoundsTest, KeysOfNullsAreGoneThrough) {
  const std::string nulls = OneField(R"({"type": "map", "values": "null"})");
  EXPECT_EQ(Read(nulls, FromHex("04"
                                "0261"
                                "0262"
                                "00")),
            "");
  // A key may look like an end.
  EXPECT_EQ(Read(nulls, FromHex("02"
                                "0200"
                                "00")),
            "");
  EXPECT_THAT(Read(nulls, FromHex("04"
                                  "0261"
                                  "00")),
              HasSubstr(kTooEarly));
  // As many as nobody waits for.
  EXPECT_THAT(Read(nulls, FromHex("feffffffffffffffff01"
                                  "0261")),
              HasSubstr(kTooEarly));
}

TEST(AvroBoundsTest, AnIntHas32Bits) {
  FormatKit ints(AvroSource({Field("f", kInt64)}, OneField(R"("int")")));
  EXPECT_EQ(ints.Read(FromHex("ffffffff0f")), "f=-2147483648");
  EXPECT_THAT(ints.Read(FromHex("8180808010")), HasSubstr("more than 32 bits"));
  EXPECT_EQ(ints.Read(FromHex("feffffff0f")), "f=2147483647");
  EXPECT_THAT(ints.Read(FromHex("8080808010")), HasSubstr("more than 32 bits"));
}

TEST(AvroBoundsTest, Rule35BytesThatTheDatabaseDidNotTellAreNotSaid) {
  StreamSource source = AvroSource({Field("id", kInt64), Field("raw", kBytes)},
                                   R"({
      "type": "record", "name": "E", "fields": [
        {"name": "after", "type": {"type": "record", "name": "A",
           "fields": [{"name": "id", "type": "long"},
                      {"name": "raw", "type": "bytes"}]}},
        {"name": "op", "type": "string"}]})");
  source.kafka->envelope = RecordEnvelope::kDebezium;
  FormatKit kit(source);
  const std::string untold = "__debezium_unavailable_value";
  EXPECT_EQ(kit.Read(FromHex("0a") + static_cast<char>(2 * untold.size()) +
                     untold + FromHex("0275")),
            "id=5");
  EXPECT_EQ(kit.Read(FromHex("0a"
                             "0400ff"
                             "0275")),
            "id=5 raw=0x00ff");
}

}  // namespace
}  // namespace freshet
