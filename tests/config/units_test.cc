// SPDX-License-Identifier: Apache-2.0
#include "config/units.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

TEST(UnitsTest, DurationsAreMicroseconds) {
  EXPECT_EQ(*ParseDuration("0"), 0);
  EXPECT_EQ(*ParseDuration("0s"), 0);
  EXPECT_EQ(*ParseDuration("7us"), 7);
  EXPECT_EQ(*ParseDuration("500ms"), 500'000);
  EXPECT_EQ(*ParseDuration("15m"), 900'000'000);
  EXPECT_EQ(*ParseDuration("36h"), 129'600'000'000);
  EXPECT_EQ(*ParseDuration("3d"), 259'200'000'000);
  EXPECT_EQ(*ParseDuration("2w"), 1'209'600'000'000);
}

TEST(UnitsTest, SizesAreBytes) {
  EXPECT_EQ(*ParseSize("0"), 0);
  EXPECT_EQ(*ParseSize("5B"), 5);
  EXPECT_EQ(*ParseSize("1KiB"), 1024);
  EXPECT_EQ(*ParseSize("512MiB"), 536'870'912);
  EXPECT_EQ(*ParseSize("2TiB"), 2'199'023'255'552);
}

TEST(UnitsTest, TheLargestWholeUnitIsWritten) {
  EXPECT_EQ(FormatDuration(0), "0");
  EXPECT_EQ(FormatDuration(129'600'000'000), "36h");
  EXPECT_EQ(FormatDuration(1'209'600'000'000), "14d");
  EXPECT_EQ(FormatDuration(1'500'000), "1500ms");
  EXPECT_EQ(FormatDuration(1), "1us");
  EXPECT_EQ(FormatSize(1 << 30), "1GiB");
  EXPECT_EQ(FormatSize(1025), "1025B");
}

TEST(UnitsTest, BytesAreRoundedForPeople) {
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBytes(1023), "1023 B");
  EXPECT_EQ(FormatBytes(1536), "1.5 KiB");
  EXPECT_EQ(FormatBytes(int64_t{5} << 40), "5.0 TiB");
  EXPECT_EQ(FormatBytes(-2048), "-2.0 KiB");
}

TEST(UnitsTest, WhatIsNoQuantityIsRefused) {
  for (const char* text :
       {"", "h", "5", "5 h", "5H", "-5h", "+5h", "1.5h", "05h", "5hh", "1h30m",
        "5sec", "99999999999999999999h", "99999999999999999d"}) {
    EXPECT_EQ(ParseDuration(text).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
  for (const char* text : {"", "5", "5MB", "5M", "5mib", "5 MiB", "-1B", "05B",
                           "9999999999TiB", "99999999999999999999B"}) {
    EXPECT_EQ(ParseSize(text).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
}

}  // namespace
}  // namespace freshet
