// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include "gtest/gtest.h"

namespace freshet {
namespace {

TEST(ErrorTest, MessageIsFormattedUnderItsCode) {
  const absl::Status status = NotFound("view '{}' has {} versions", "user", 2);

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "view 'user' has 2 versions");
}

TEST(ErrorTest, EachNameHasItsOwnCode) {
  EXPECT_TRUE(absl::IsInvalidArgument(InvalidArgument("x")));
  EXPECT_TRUE(absl::IsAlreadyExists(AlreadyExists("x")));
  EXPECT_TRUE(absl::IsFailedPrecondition(FailedPrecondition("x")));
  EXPECT_TRUE(absl::IsResourceExhausted(ResourceExhausted("x")));
  EXPECT_TRUE(absl::IsOutOfRange(OutOfRange("x")));
  EXPECT_TRUE(absl::IsUnavailable(Unavailable("x")));
  EXPECT_TRUE(absl::IsAborted(Aborted("x")));
  EXPECT_TRUE(absl::IsCancelled(Cancelled("x")));
  EXPECT_TRUE(absl::IsDeadlineExceeded(DeadlineExceeded("x")));
  EXPECT_TRUE(absl::IsDataLoss(DataLoss("x")));
  EXPECT_TRUE(absl::IsInternal(Internal("x")));
  EXPECT_TRUE(absl::IsUnimplemented(Unimplemented("x")));
}

TEST(ErrorTest, AnnotatePutsContextBeforeAndKeepsTheCode) {
  const absl::Status status = Annotate(DataLoss("bad sum"), "catalog 'a'");

  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(status.message(), "catalog 'a': bad sum");
}

TEST(ErrorTest, AnnotateLeavesOkAlone) {
  EXPECT_EQ(Annotate(absl::OkStatus(), "context"), absl::OkStatus());
}

}  // namespace
}  // namespace freshet
