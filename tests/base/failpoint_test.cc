// SPDX-License-Identifier: Apache-2.0
#include "base/failpoint.h"

#include <chrono>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace freshet {
namespace {

using testing::HasSubstr;

class FailpointTest : public testing::Test {
 protected:
  void TearDown() override { EXPECT_TRUE(ArmFailpoints("").ok()); }
};

TEST_F(FailpointTest, UnarmedPointIsOk) {
  EXPECT_TRUE(HitFailpoint("nowhere").ok());
}

TEST_F(FailpointTest, ErrorNamesThePointAndLeavesOthersAlone) {
  ASSERT_TRUE(ArmFailpoints("a.b=error").ok());

  const absl::Status hit = HitFailpoint("a.b");

  EXPECT_EQ(hit.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(hit.message()), HasSubstr("a.b"));
  EXPECT_TRUE(HitFailpoint("a.c").ok());
}

TEST_F(FailpointTest, CountLimitsHowOftenItActs) {
  ASSERT_TRUE(ArmFailpoints("a=2*error").ok());

  EXPECT_FALSE(HitFailpoint("a").ok());
  EXPECT_FALSE(HitFailpoint("a").ok());
  EXPECT_TRUE(HitFailpoint("a").ok());
}

TEST_F(FailpointTest, SleepWaitsAndIsOk) {
  ASSERT_TRUE(ArmFailpoints("a=sleep:20").ok());
  const auto start = std::chrono::steady_clock::now();

  EXPECT_TRUE(HitFailpoint("a").ok());

  EXPECT_GE(std::chrono::steady_clock::now() - start,
            std::chrono::milliseconds(20));
}

TEST_F(FailpointTest, KillEndsTheProcessBySignal) {
  EXPECT_EXIT(
      {
        if (ArmFailpoints("a=kill").ok()) (void)HitFailpoint("a");
        _exit(0);
      },
      testing::KilledBySignal(SIGKILL), "");
}

TEST_F(FailpointTest, ArmingReplacesAllThatWasArmed) {
  ASSERT_TRUE(ArmFailpoints("a=error;b=error").ok());
  ASSERT_TRUE(ArmFailpoints("b=error").ok());

  EXPECT_TRUE(HitFailpoint("a").ok());
  EXPECT_FALSE(HitFailpoint("b").ok());
}

TEST_F(FailpointTest, BadSpecIsRefusedByNameAndArmsNothing) {
  for (const std::string spec :
       {"a", "a=", "a=boom", "a=sleep:", "a=sleep:x", "a=x*error", "a=1*"}) {
    const absl::Status status = ArmFailpoints("ok=error;" + spec);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << spec;
    EXPECT_THAT(std::string(status.message()), HasSubstr(spec));
    EXPECT_TRUE(HitFailpoint("ok").ok()) << spec;
  }
}

}  // namespace
}  // namespace freshet
