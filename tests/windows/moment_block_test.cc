// SPDX-License-Identifier: Apache-2.0
// Blocks of moments: events that are kept one by one, for exact windows.
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "features/aggregations/function.h"
#include "features/value_codec.h"
#include "features/windows/tile_block.h"
#include "features/windows/tile_level.h"

namespace freshet {
namespace {

using enum AggregateFunction;

const Type kInt64Type{.kind = Kind::kInt64};
constexpr auto kIndexEnd =
    static_cast<uint32_t>(TilesPerBlock(TileLevel::kMoment));

TileShape Shape() {
  return TileShape(
      {{.kind = PartialKind::kIntegerSum, .value = Kind::kInt64},
       {.kind = PartialKind::kLast, .value = Kind::kInt64, .size = 2},
       {.kind = PartialKind::kMax, .value = Kind::kInt64}});
}

struct Event {
  uint32_t index = 0;
  int64_t value = 0;
  int64_t offset = 0;
};

std::string BlockOf(const std::vector<Event>& events) {
  MomentBlockBuilder block(Shape());
  Tile tile(Shape());
  std::string bytes;
  for (const Event& event : events) {
    tile.Clear();
    for (size_t i = 0; i < 3; ++i) {
      tile.Add(i, Datum::Integer(event.value),
               {.time_micros = event.index, .offset = event.offset});
    }
    bytes.clear();
    tile.AppendTo(&bytes);
    block.Add(event.index, bytes);
  }
  return block.Finish();
}

Value Answered(const Tile& tile, size_t partial, AggregateFunction function) {
  std::string out;
  const FunctionCall call{.function = function, .n = 2};
  if (Answer(call, kInt64Type, tile.partial(partial), &out) !=
      AnswerState::kValue) {
    return Value();
  }
  return *DecodeValue(*ResultType(call, kInt64Type), out);
}

// How many moments a block has; -1: it is damaged. They ascend, and are of a
// block.
int MomentsOf(std::string_view bytes) {
  auto block = BlockTiles::Open(bytes);
  if (!block.ok()) return -1;
  int moments = 0;
  int64_t before = -1;
  while (const auto moment = block->Next()) {
    EXPECT_GT(moment->index, before);
    EXPECT_LT(moment->index, kIndexEnd);
    before = moment->index;
    ++moments;
  }
  return block->status().ok() ? moments : -1;
}

class MomentBlockTest : public testing::Test {
 protected:
  std::vector<Event> DrawEvents() {
    std::vector<Event> events(1 + random_() % 20);
    for (Event& event : events) {
      // Often of one moment, and at either end of a block.
      const uint32_t some[] = {0, 7, 1'000'000, kIndexEnd - 1,
                               static_cast<uint32_t>(random_() % kIndexEnd)};
      event = {.index = some[random_() % 5],
               .value = static_cast<int64_t>(random_() % 1'000) - 500,
               .offset = ++offset_};
    }
    return events;
  }

  std::mt19937_64 random_{20'130'310};
  int64_t offset_ = 0;
};

TEST_F(MomentBlockTest, InWhateverWayTheyAreMergedTheyAreOneBlock) {
  for (int round = 0; round < 200; ++round) {
    std::vector<Event> all;
    std::vector<std::string> blocks;
    for (uint64_t i = 0; i <= random_() % 6; ++i) {
      const std::vector<Event> events = DrawEvents();
      all.insert(all.end(), events.begin(), events.end());
      blocks.push_back(BlockOf(events));
    }
    // Some at a time, from either end, as compactions may.
    while (blocks.size() > 1) {
      const size_t at = random_() % (blocks.size() - 1);
      const size_t end = at + 2 + random_() % (blocks.size() - at - 1);
      const auto merged =
          MergeBlocks({blocks.begin() + static_cast<long>(at),
                       blocks.begin() + static_cast<long>(end)});
      ASSERT_TRUE(merged.ok()) << merged.status();
      blocks[at] = *merged;
      blocks.erase(blocks.begin() + static_cast<long>(at) + 1,
                   blocks.begin() + static_cast<long>(end));
    }
    ASSERT_EQ(blocks[0], BlockOf(all)) << "round " << round;

    std::map<uint32_t, std::vector<Event>> wanted;
    for (const Event& event : all) wanted[event.index].push_back(event);
    ASSERT_EQ(MomentsOf(blocks[0]), static_cast<int>(wanted.size()));
    auto block = BlockTiles::Open(blocks[0]);
    while (const auto stored = block->Next()) {
      Tile tile(Shape());
      ASSERT_TRUE(tile.Merge(stored->bytes).ok());
      const std::vector<Event>& events = wanted[stored->index];
      int64_t sum = 0;
      int64_t max = events[0].value;
      for (const Event& event : events) {
        sum += event.value;
        max = std::max(max, event.value);
      }
      Value::List last;
      if (events.size() > 1) last.emplace_back(events[events.size() - 2].value);
      last.emplace_back(events.back().value);
      EXPECT_EQ(Answered(tile, 0, kSum), Value(sum));
      EXPECT_EQ(Answered(tile, 0, kCount),
                Value(static_cast<int64_t>(events.size())));
      EXPECT_EQ(Answered(tile, 1, kLastN), Value(last));
      EXPECT_EQ(Answered(tile, 2, kMax), Value(max));
    }
  }
}

TEST_F(MomentBlockTest, ABlockOfTilesUnderTheSameKeyIsRefused) {
  BlockBuilder tiles(Shape());
  tiles.At(3).Add(0, Datum::Integer(1), {});
  const std::string moments = BlockOf({{.index = 3, .value = 1}});

  EXPECT_EQ(MergeBlocks({moments, tiles.Finish()}).status().message(),
            "tile blocks of two shapes stand under one key");
  EXPECT_EQ(MergeBlocks({tiles.Finish(), moments}).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_F(MomentBlockTest, AMomentTakesNoMoreThanItsTimeAndItsTile) {
  std::vector<Event> events;
  for (uint32_t i = 0; i < 1'000; ++i) {
    events.push_back({.index = 10'000 * i, .value = 100});
  }
  const size_t one = BlockOf({events[0]}).size();
  const size_t all = BlockOf(events).size();
  std::string tile_bytes;
  Tile tile(Shape());
  for (size_t i = 0; i < 3; ++i) {
    tile.Add(i, Datum::Integer(100), {.time_micros = 5'000'000});
  }
  tile.AppendTo(&tile_bytes);
  // Two bytes are its distance from the one before, and one its tile's length.
  EXPECT_LE(all - one, 999 * (tile_bytes.size() + 3));
}

TEST_F(MomentBlockTest, EveryCutIsRefusedOrBeforeAMoment) {
  const std::string bytes = BlockOf(DrawEvents());
  const int moments = MomentsOf(bytes);
  ASSERT_GT(moments, 2);
  int prefixes = 0;
  for (size_t length = 0; length < bytes.size(); ++length) {
    const std::string_view cut = std::string_view(bytes).substr(0, length);
    const auto merged = MergeBlocks({cut, bytes});
    if (MomentsOf(cut) < 0) {
      EXPECT_FALSE(merged.ok()) << length;
      continue;
    }
    ++prefixes;
    ASSERT_TRUE(merged.ok()) << length << ": " << merged.status();
    EXPECT_EQ(MomentsOf(*merged), moments);
  }
  // One for each, and one that has none.
  EXPECT_EQ(prefixes, moments);
}

TEST_F(MomentBlockTest, EveryBitThatFlipsIsRefusedOrHarmless) {
  const std::string bytes = BlockOf(DrawEvents());
  size_t refused = 0;
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(
        static_cast<uint8_t>(damaged[bit / 8]) ^ 1U << (bit % 8));
    const int moments = MomentsOf(damaged);
    // Sanitizers say what goes wrong here.
    const auto merged = MergeBlocks({bytes, damaged});
    if (moments < 0) {
      EXPECT_FALSE(merged.ok()) << bit;
    }
    if (merged.ok()) {
      EXPECT_GE(MomentsOf(*merged), moments) << bit;
    } else {
      ++refused;
    }
  }
  EXPECT_GT(refused, bytes.size());
}

TEST_F(MomentBlockTest, WhatIsBeyondTheBlockOrComesTwiceIsRefused) {
  const auto with_step = [&](uint64_t step) {
    std::string bytes = BlockOf({{.index = kIndexEnd - 2, .value = 1}});
    AppendVarint(step, &bytes);
    bytes.push_back('\0');
    return MomentsOf(bytes);
  };
  EXPECT_EQ(with_step(1), 2);
  EXPECT_EQ(with_step(2), -1);
  EXPECT_EQ(with_step(0), -1) << "the same moment";
  EXPECT_EQ(with_step(std::numeric_limits<uint32_t>::max()), -1);
  EXPECT_EQ(with_step(std::numeric_limits<uint64_t>::max()), -1);
}

}  // namespace
}  // namespace freshet
