// SPDX-License-Identifier: Apache-2.0
#include "storage/framed_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freshet {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kBody = "{\n  \"view\": \"user\"\n}\n";

TEST(FramedFileTest, TheBodyComesBackAndStaysReadableText) {
  const std::string framed = Frame("freshet-test", 2, kBody);

  EXPECT_THAT(framed, StartsWith("freshet-test 2 21 "));
  EXPECT_THAT(framed, HasSubstr(kBody));
  EXPECT_EQ(*Unframe("freshet-test", 2, framed), kBody);
}

TEST(FramedFileTest, AnEmptyBodyComesBack) {
  EXPECT_EQ(*Unframe("m", 1, Frame("m", 1, "")), "");
}

TEST(FramedFileTest, ANewerFormatIsRefusedNamingBoth) {
  const auto body = Unframe("freshet-test", 2, Frame("freshet-test", 3, kBody));

  EXPECT_EQ(body.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(body.status().ToString(), HasSubstr("format 3"));
  EXPECT_THAT(body.status().ToString(), HasSubstr("up to 2"));
}

TEST(FramedFileTest, AnotherFilesMagicIsDataLoss) {
  EXPECT_EQ(Unframe("other", 1, Frame("m", 1, kBody)).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(FramedFileTest, EveryFlippedBitIsDataLossAndNeverANewerFormat) {
  const std::string good = Frame("freshet-test", 1, kBody);
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(Unframe("freshet-test", 1, bad).status().code(),
              absl::StatusCode::kDataLoss)
        << "bit " << bit;
  }
}

TEST(FramedFileTest, EveryOtherLengthIsDataLoss) {
  const std::string good = Frame("freshet-test", 1, kBody);
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(Unframe("freshet-test", 1, good.substr(0, size)).status().code(),
              absl::StatusCode::kDataLoss);
  }
  EXPECT_FALSE(Unframe("freshet-test", 1, good + "x").ok());
}

}  // namespace
}  // namespace freshet
