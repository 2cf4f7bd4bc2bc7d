// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"

#include "gtest/gtest.h"

namespace freshet {
namespace {

TEST(CheckTest, TrueConditionGoesOn) { CHECK(1 + 1 == 2); }

TEST(CheckDeathTest, FalseConditionAbortsAndPrintsItWithItsPlace) {
  EXPECT_DEATH(CHECK(1 + 1 == 3), "check_test.cc.*1 \\+ 1 == 3");
}

TEST(CheckTest, ConditionIsEvaluatedOnce) {
  int calls = 0;
  CHECK(++calls == 1);
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace freshet
