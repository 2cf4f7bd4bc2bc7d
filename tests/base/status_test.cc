// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"

#include <memory>

#include "base/error.h"
#include "gtest/gtest.h"

namespace freshet {
namespace {

absl::Status GoOnUnless(const absl::Status& first, bool* went_on) {
  RETURN_IF_ERROR(first);
  *went_on = true;
  return absl::OkStatus();
}

absl::StatusOr<int> Double(absl::StatusOr<int> input) {
  ASSIGN_OR_RETURN(const int value, std::move(input));
  return value * 2;
}

TEST(StatusTest, ReturnIfErrorStopsAtAnError) {
  bool went_on = false;
  EXPECT_EQ(GoOnUnless(NotFound("x"), &went_on), NotFound("x"));
  EXPECT_FALSE(went_on);
}

TEST(StatusTest, ReturnIfErrorGoesOnWhenOk) {
  bool went_on = false;
  EXPECT_EQ(GoOnUnless(absl::OkStatus(), &went_on), absl::OkStatus());
  EXPECT_TRUE(went_on);
}

TEST(StatusTest, AssignOrReturnGivesTheValue) { EXPECT_EQ(*Double(21), 42); }

TEST(StatusTest, AssignOrReturnPassesTheErrorOn) {
  EXPECT_EQ(Double(Unavailable("later")).status(), Unavailable("later"));
}

TEST(StatusTest, AssignOrReturnMovesWhatCannotBeCopied) {
  const auto take = []() -> absl::StatusOr<int> {
    absl::StatusOr<std::unique_ptr<int>> made = std::make_unique<int>(7);
    ASSIGN_OR_RETURN(const std::unique_ptr<int> owned, std::move(made));
    return *owned;
  };
  EXPECT_EQ(*take(), 7);
}

}  // namespace
}  // namespace freshet
