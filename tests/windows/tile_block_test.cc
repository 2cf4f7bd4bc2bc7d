// SPDX-License-Identifier: Apache-2.0
#include "features/windows/tile_block.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "features/aggregations/function.h"
#include "features/value_codec.h"

namespace freshet {
namespace {

using enum AggregateFunction;

const Type kDoubleType{.kind = Kind::kDouble};

TileShape Shape() {
  return TileShape(
      {{.kind = PartialKind::kDoubleSum, .value = Kind::kDouble},
       {.kind = PartialKind::kLast, .value = Kind::kDouble, .size = 2},
       {.kind = PartialKind::kMax, .value = Kind::kDouble}});
}

void AddTo(Tile& tile, double value, int64_t time) {
  for (size_t i = 0; i < 3; ++i) {
    tile.Add(i, Datum::Real(value), {.time_micros = time});
  }
}

Value Answered(const Tile& tile, size_t partial, AggregateFunction function) {
  std::string out;
  const FunctionCall call{.function = function, .n = 2};
  if (Answer(call, kDoubleType, tile.partial(partial), &out) !=
      AnswerState::kValue) {
    return Value();
  }
  return *DecodeValue(*ResultType(call, kDoubleType), out);
}

TEST(TileBlockTest, BlocksMergedInAnyWayHoldTheSameTiles) {
  std::mt19937_64 random(20'130'310);
  for (int round = 0; round < 100; ++round) {
    std::map<uint32_t, std::pair<double, double>> wanted;  // Sum, max.
    std::vector<std::string> blocks;
    int64_t time = 0;
    for (uint64_t i = 0; i <= random() % 6; ++i) {
      BlockBuilder builder(Shape());
      for (uint64_t event = 0; event <= random() % 20; ++event) {
        const auto index = static_cast<uint32_t>(random() % 60);
        const auto value = static_cast<double>(random() % 1'000);
        AddTo(builder.At(index), value, ++time);
        auto& [sum, max] = wanted[index];
        sum += value;
        max = std::max(max, value);
      }
      blocks.push_back(builder.Finish());
    }
    // Two at a time, from either end, as compactions may.
    while (blocks.size() > 1) {
      const size_t at = random() % (blocks.size() - 1);
      const auto merged = MergeBlocks({blocks[at], blocks[at + 1]});
      ASSERT_TRUE(merged.ok()) << merged.status();
      blocks[at] = *merged;
      blocks.erase(blocks.begin() + static_cast<int64_t>(at) + 1);
    }

    auto block = BlockTiles::Open(blocks[0]);
    ASSERT_TRUE(block.ok());
    size_t tiles = 0;
    while (const auto stored = block->Next()) {
      ++tiles;
      Tile tile{Shape()};
      ASSERT_TRUE(tile.Merge(stored->bytes).ok());
      EXPECT_EQ(Answered(tile, 0, kSum), Value(wanted[stored->index].first));
      EXPECT_EQ(Answered(tile, 2, kMax), Value(wanted[stored->index].second));
    }
    EXPECT_EQ(tiles, wanted.size());
  }
}

TEST(TileBlockTest, OnlyWantedPartialsAreMerged) {
  Tile one{Shape()};
  AddTo(one, 5, 1);
  std::string bytes;
  one.AppendTo(&bytes);
  Tile some{Shape()};

  ASSERT_TRUE(some.Merge(bytes, std::string_view("\0\1\0", 3)).ok());

  EXPECT_TRUE(Answered(some, 0, kSum).IsNull());
  EXPECT_EQ(Answered(some, 1, kLastN), Value(Value::List{Value(5.0)}));
  EXPECT_TRUE(Answered(some, 2, kMax).IsNull());
}

TEST(TileBlockTest, ATileWithoutValuesIsATile) {
  Tile empty{Shape()};
  std::string bytes;
  empty.AppendTo(&bytes);
  Tile merged{Shape()};

  EXPECT_TRUE(merged.Merge(bytes).ok());
  EXPECT_TRUE(Answered(merged, 0, kSum).IsNull());
}

TEST(TileBlockTest, ABlockAloneStaysAsItIsAndIsGoneThrough) {
  BlockBuilder builder(Shape());
  for (uint8_t i = 0; i < 5; ++i) AddTo(builder.At(i), i, i);
  const std::string bytes = builder.Finish();

  EXPECT_EQ(*MergeBlocks({bytes}), bytes);
  EXPECT_EQ(MergeBlocks({std::string_view(bytes).substr(0, bytes.size() - 1)})
                .status()
                .code(),
            absl::StatusCode::kDataLoss);
}

TEST(TileBlockTest, BlocksOfTwoShapesAreRefused) {
  BlockBuilder one(Shape());
  AddTo(one.At(0), 1, 1);
  BlockBuilder other(TileShape({{.kind = PartialKind::kCount}}));
  other.At(0).Add(0, Datum::Integer(1), {});

  EXPECT_EQ(MergeBlocks({one.Finish(), other.Finish()}).status().message(),
            "tile blocks of two shapes stand under one key");
}

TEST(TileBlockTest, CutOrDamagedBlocksAreRefusedOrHarmless) {
  BlockBuilder builder(Shape());
  for (uint8_t i = 0; i < 60; i += 7) AddTo(builder.At(i), i, i);
  const std::string bytes = builder.Finish();
  std::mt19937_64 random(20'130'310);

  for (size_t length = 0; length < 12; ++length) {
    EXPECT_FALSE(MergeBlocks({std::string_view(bytes).substr(0, length)}).ok());
  }
  for (int round = 0; round < 2'000; ++round) {
    std::string damaged = bytes;
    damaged[random() % damaged.size()] = static_cast<char>(random());
    // Sanitizers say what goes wrong here.
    MergeBlocks({bytes, damaged}).IgnoreError();
  }
}

}  // namespace
}  // namespace freshet
