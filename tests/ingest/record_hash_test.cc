// SPDX-License-Identifier: Apache-2.0
#include "ingest/kafka/record_hash.h"

#include <gtest/gtest.h>

#include <optional>
#include <string_view>

namespace freshet {
namespace {

uint64_t Hash(std::optional<std::string_view> key,
              std::optional<std::string_view> value, int64_t micros) {
  return RecordHash({.timestamp_micros = micros, .key = key, .value = value});
}

// Computed by Python's xxhash.xxh3_64 over the bytes that the header names.
TEST(RecordHashTest, IsWhatIsStoredForEver) {
  EXPECT_EQ(Hash("user-1", R"({"x":1})", 1385000000123000), 0xe0acfbfdc17c9a60);
  EXPECT_EQ(Hash(std::nullopt, "", 0), 0x3ae27f2991cca66e);
  EXPECT_EQ(Hash("", std::nullopt, -1000), 0xb511bba06616ea76);
}

TEST(RecordHashTest, TellsWhatStandsWhere) {
  EXPECT_NE(Hash("ab", "c", 0), Hash("a", "bc", 0));
  EXPECT_NE(Hash("", "a", 0), Hash(std::nullopt, "a", 0));
  EXPECT_NE(Hash("a", "", 0), Hash("a", std::nullopt, 0));
  EXPECT_NE(Hash("a", "b", 0), Hash("a", "b", 1000));
}

TEST(RecordHashTest, DoesNotHangOnThePlace) {
  const KafkaRecord here{
      .topic = "a", .partition = 1, .offset = 5, .key = "k", .value = "v"};
  const KafkaRecord there{
      .topic = "b", .partition = 2, .offset = 9, .key = "k", .value = "v"};
  EXPECT_EQ(RecordHash(here), RecordHash(there));
}

}  // namespace
}  // namespace freshet
