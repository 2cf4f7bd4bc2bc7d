// SPDX-License-Identifier: Apache-2.0
#include "cli/text.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

TEST(TextTest, NumbersReadAsPeopleWriteThem) {
  EXPECT_EQ(FormatCount(-1234567), "-1,234,567");
  EXPECT_EQ(FormatCount(999), "999");
  EXPECT_EQ(FormatSeconds(0.25), "250 ms");
  EXPECT_EQ(FormatSeconds(61), "1 min 1 s");
  EXPECT_EQ(FormatSeconds(90000), "1 day 1 h");
  EXPECT_EQ(FormatSeconds(-2), "-2.0 s");
  EXPECT_EQ(FormatTime(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(FormatTimeIfAny(0), "-");
}

TEST(TextTest, ATableAlignsByCodePointsAndPutsNumbersRight) {
  Table table({"NAME", "ROWS"});
  table.Add({"é", "5"});
  table.Add({"view", "1,234"});
  EXPECT_EQ(table.ToString(),
            "NAME   ROWS\n"
            "é         5\n"
            "view  1,234\n");
}

TEST(TextTest, LinesStayLines) {
  EXPECT_EQ(PrintableLines("a\n\tb\x7f"), "a\n\\x09b\\x7f");
}

TEST(TextTest, AStoredStringCannotDriveTheTerminal) {
  Table table({"A"});
  table.Add({"x\x1b[2J\n"});
  EXPECT_EQ(table.ToString(), "A\nx\\x1b[2J\\x0a\n");
}

}  // namespace
}  // namespace freshet
