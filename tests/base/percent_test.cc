// SPDX-License-Identifier: Apache-2.0
#include "base/percent.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

TEST(PercentTest, EncodedBytesAreDecoded) {
  EXPECT_EQ(PercentDecode("a%20b%2fc%2F%C3%a9"), "a b/c/\xc3\xa9");
  EXPECT_EQ(PercentDecode("%00"), std::string(1, '\0'));
  EXPECT_EQ(PercentDecode("%25 2%2520"), "% 2%20");
}

TEST(PercentTest, WhatEncodesNothingStays) {
  for (const char* text : {"", "%", "100%", "%2", "%zz", "a%g0b", "+"}) {
    EXPECT_EQ(PercentDecode(text), text);
  }
}

}  // namespace
}  // namespace freshet
