// SPDX-License-Identifier: Apache-2.0
#include "config/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace freshet {
namespace {

std::string Encode(uint32_t point) {
  const auto byte = [](uint32_t value) { return static_cast<char>(value); };
  if (point < 0x80) return {byte(point)};
  if (point < 0x800) {
    return {byte(0xC0 | point >> 6), byte(0x80 | (point & 0x3F))};
  }
  if (point < 0x10000) {
    return {byte(0xE0 | point >> 12), byte(0x80 | (point >> 6 & 0x3F)),
            byte(0x80 | (point & 0x3F))};
  }
  return {byte(0xF0 | point >> 18), byte(0x80 | (point >> 12 & 0x3F)),
          byte(0x80 | (point >> 6 & 0x3F)), byte(0x80 | (point & 0x3F))};
}

TEST(Utf8Test, NoMoreIsQuotedThanHelpsAndNoHalfOfASequence) {
  EXPECT_EQ(Shortened("five"), "five");
  EXPECT_EQ(Shortened(std::string(64, 'x')), std::string(64, 'x'));
  EXPECT_EQ(Shortened(std::string(65, 'x')), std::string(64, 'x') + "...");
  EXPECT_EQ(Shortened(std::string(63, 'x') + Encode(0x20AC) + "x"),
            std::string(63, 'x') + "...");
}

TEST(Utf8Test, EveryCodePointButSurrogatesIsValid) {
  for (uint32_t point = 0; point < 0x110000; ++point) {
    const std::string text = Encode(point);
    const bool surrogate = point >= 0xD800 && point < 0xE000;
    ASSERT_EQ(ValidUtf8Prefix(text), surrogate ? 0 : text.size()) << point;
  }
  for (uint32_t point = 0x110000; point < 0x200000; ++point) {
    ASSERT_EQ(ValidUtf8Prefix(Encode(point)), 0u) << point;
  }
}

TEST(Utf8Test, OverlongAndBrokenSequencesAreInvalid) {
  for (const char* text :
       {"\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF", "\x80",
        "\xFF", "\xC3", "\xE2\x82", "\xF0\x9F\x98", "\xE2\x28\xA1",
        "\xF5\x80\x80\x80"}) {
    EXPECT_EQ(ValidUtf8Prefix(text), 0u);
  }
}

TEST(Utf8Test, ThePrefixEndsBeforeTheFirstBrokenSequence) {
  EXPECT_EQ(ValidUtf8Prefix("a\xC3\xA9\xE2\x82"), 3u);
  EXPECT_EQ(ValidUtf8Prefix(""), 0u);
}

}  // namespace
}  // namespace freshet
