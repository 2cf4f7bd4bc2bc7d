// SPDX-License-Identifier: Apache-2.0
#include "bench/stream/tile_count.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "features/windows/tile_block.h"
#include "features/windows/window_plan.h"
#include "ingest/live/live_applier.h"
#include "storage/live/live_store.h"
#include "tests/fakes/temp_dir.h"

namespace freshet {
namespace {

using testing::Pair;
using testing::UnorderedElementsAre;

class TileCountTest : public testing::Test {
 protected:
  // One event in each of these tiles.
  void AddBlock(const std::string& entity, TileLevel level,
                const std::vector<uint8_t>& indexes) {
    const TileShape shape({{.kind = PartialKind::kCount}});
    BlockBuilder block(shape);
    for (const uint8_t index : indexes) {
      block.At(index).Add(0, Datum::Integer(1), {});
    }
    std::string key;
    AppendBlockKey(entity, {level, 1'000}, &key);
    const auto generations = store_->generations();
    batch_.Merge(*generations.at(kView), key, block.Finish());
  }

  void Apply() {
    ASSERT_TRUE(store_->Apply(batch_, store_->applied() + 1).ok());
    batch_.Clear();
  }

  static constexpr uint64_t kView = LiveApplier::kPositionsGeneration + 1;

  TempDir dir_;
  const std::string live_ = dir_.path() + "/live";
  StoreResources resources_{8 << 20};
  std::unique_ptr<LiveStore> store_ = *LiveStore::Open(live_, {}, resources_);
  LiveBatch batch_;
};

TEST_F(TileCountTest, TilesAreCountedOnceInHoweverManyPiecesTheyCame) {
  ASSERT_TRUE(store_->Add(LiveApplier::kPositionsGeneration).ok());
  ASSERT_TRUE(store_->Add(kView).ok());
  AddBlock("user", TileLevel::k10Seconds, {1, 2, 59});
  AddBlock("user", TileLevel::k1Hour, {3});
  Apply();
  ASSERT_TRUE(store_->Flush().ok());
  AddBlock("user", TileLevel::k10Seconds, {2, 4});
  AddBlock("other", TileLevel::k10Seconds, {1});
  batch_.Put(*store_->generations().at(LiveApplier::kPositionsGeneration),
             "no block", "of no tiles");
  Apply();
  store_.reset();

  const absl::StatusOr<TileCount> count = CompactAndCountTiles(live_);

  ASSERT_TRUE(count.ok()) << count.status();
  EXPECT_THAT(count->tiles, UnorderedElementsAre(Pair(10, 5), Pair(3'600, 1)));
  EXPECT_EQ(count->blocks, 3);
  EXPECT_GT(count->file_bytes_before, count->file_bytes);
  EXPECT_GT(count->file_bytes, 0);
}

TEST_F(TileCountTest, WhatIsNoStoreIsNotMade) {
  EXPECT_EQ(CompactAndCountTiles(dir_.path() + "/none").status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace freshet
