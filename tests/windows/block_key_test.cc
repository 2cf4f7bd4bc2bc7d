// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "features/windows/window_plan.h"

namespace freshet {
namespace {

constexpr int64_t kMinute = 60'000'000;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;

TEST(BlockKeyTest, KeysOfAnEntitySortByLevelAndTime) {
  const auto key = [](TileLevel level, int64_t number) {
    std::string bytes;
    AppendBlockKey("ab", {level, number}, &bytes);
    return bytes;
  };

  EXPECT_EQ(key(TileLevel::k1Hour, 1), std::string("ab\5\x80\0\0\1", 7));
  EXPECT_LT(key(TileLevel::k1Hour, -1), key(TileLevel::k1Hour, 0));
  EXPECT_LT(key(TileLevel::k1Hour, 255), key(TileLevel::k1Hour, 256));
  EXPECT_LT(key(TileLevel::k1Hour, 1 << 30), key(TileLevel::k1Day, -7));
}

TEST(BlockKeyTest, AKeyIsReadBack) {
  for (const TileLevel level : kTileLevels) {
    for (const int64_t number : {-70'000, -1, 0, 1, 1 << 30}) {
      std::string key;
      AppendBlockKey("ab", {level, number}, &key);
      EXPECT_EQ(ParseBlockKey(key), (BlockId{level, number}));
    }
  }
  EXPECT_EQ(ParseBlockKey("1234"), std::nullopt);
  EXPECT_EQ(ParseBlockKey(std::string(9, '\10')), std::nullopt);
}

TEST(BlockKeyTest, TilesBeforeTheEpochHaveAPlaceInTheirBlock) {
  EXPECT_EQ(BlockOf(TileLevel::k1Hour, -1), (BlockId{TileLevel::k1Hour, -1}));
  EXPECT_EQ(IndexInBlock(TileLevel::k1Hour, -1), 23);
  EXPECT_EQ(IndexInBlock(TileLevel::k1Hour, -24), 0);
  EXPECT_EQ(IndexInBlock(TileLevel::k1Hour, 25), 1);
}

}  // namespace
}  // namespace freshet
