// SPDX-License-Identifier: Apache-2.0
#include "config/nearest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/parse.h"

namespace freshet {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(NearestNamesTest, TheNearestComesFirst) {
  EXPECT_THAT(NearestNames("flight", {"nights", "flights", "delay", "light"}),
              ElementsAre("flights", "light"));
}

TEST(NearestNamesTest, NoMoreThanAskedFor) {
  EXPECT_THAT(NearestNames("aa", {"ab", "ac", "ad"}, 1), ElementsAre("ab"));
}

TEST(NearestNamesTest, AThirdOfTheLengthIsNearAndMoreIsNot) {
  EXPECT_THAT(NearestNames("abcdefghi", {"abcdefxyz"}),
              ElementsAre("abcdefxyz"));
  EXPECT_THAT(NearestNames("abcdefghi", {"abcdewxyz"}), IsEmpty());
  EXPECT_THAT(NearestNames("ab", {"cd"}), ElementsAre("cd"));
  EXPECT_THAT(NearestNames("ab", {"cde"}), IsEmpty());
}

TEST(NearestNamesTest, ANameThatIsThereTwiceIsNamedOnce) {
  EXPECT_THAT(NearestNames("aa", {"ab", "ab"}), ElementsAre("ab"));
}

TEST(NearestNamesTest, WhatIsTooLongForANameIsLikeNone) {
  const std::string longest(10'000, 'a');
  EXPECT_THAT(NearestNames(longest, {longest}), IsEmpty());
}

TEST(NearestTextTest, WhereNoneIsNearItSaysWhatThereIs) {
  EXPECT_EQ(NearestText("aa", {"ab", "ac", "wxyz"}), "nearest: 'ab', 'ac'");
  EXPECT_EQ(NearestText("zzzzzz", {"a1", "b1", "c1"}),
            "there is: 'a1', 'b1', 'c1'");
  EXPECT_EQ(NearestText("zzzzzz", {"a1", "b1", "c1", "d1", "e1", "f1"}),
            "there is: 'a1', 'b1', 'c1', 'd1', 'e1', ...");
  EXPECT_EQ(NearestText("zzzzzz", {}), "there is none");
}

}  // namespace
}  // namespace freshet
