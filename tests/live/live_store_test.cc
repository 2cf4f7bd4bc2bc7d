// SPDX-License-Identifier: Apache-2.0
#include "storage/live/live_store.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "base/failpoint.h"
#include "features/streams/live_row.h"
#include "features/windows/tile_block.h"
#include "features/windows/window_plan.h"
#include "tests/fakes/temp_dir.h"

namespace freshet {
namespace {

using State = RowBatch::State;

class LiveStoreTest : public testing::Test {
 protected:
  void SetUp() override { Open(); }
  void TearDown() override { ASSERT_TRUE(ArmFailpoints("").ok()); }

  // Requires: nobody holds a generation.
  void Open() {
    store_.reset();
    auto store = LiveStore::Open(dir_.path() + "/live", LiveStore::Settings(),
                                 resources_);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  LiveGeneration::Ptr Add(uint64_t generation) {
    const auto added = store_->Add(generation);
    EXPECT_TRUE(added.ok()) << added.status();
    return *added;
  }

  void Apply() {
    ASSERT_TRUE(store_->Apply(batch_, store_->applied() + 1).ok());
    batch_.Clear();
  }

  // The value, or what the state is.
  static std::string Lookup(const LiveGeneration& generation,
                            std::string_view key) {
    const std::string_view keys[] = {key};
    RowBatch values;
    generation.LookupCached(keys, values);
    generation.LookupDisk(keys, values);
    switch (values.state(0)) {
      case State::kFound:
        return std::string(values.row(0));
      case State::kNotFound:
        return "none";
      case State::kCorrupt:
        return "corrupt";
      default:
        return "error";
    }
  }

  TempDir dir_;
  StoreResources resources_{8 << 20};
  std::unique_ptr<LiveStore> store_;
  LiveBatch batch_;
};

TEST_F(LiveStoreTest, AValueIsThereAtOnceAndAfterOpeningAgain) {
  auto rows = Add(7);
  batch_.Put(*rows, "a", "1");
  batch_.Put(*rows, "b", "2");
  Apply();
  batch_.Put(*rows, "a", "3");
  batch_.Delete(*rows, "b");
  Apply();

  EXPECT_EQ(Lookup(*rows, "a"), "3");
  EXPECT_EQ(Lookup(*rows, "b"), "none");
  EXPECT_EQ(store_->applied(), 2U);
  EXPECT_EQ(*store_->flushed(), 0U);
  ASSERT_TRUE(store_->Flush().ok());
  EXPECT_EQ(*store_->flushed(), 2U);
  rows.reset();
  Open();
  EXPECT_EQ(store_->applied(), 2U);
  EXPECT_EQ(Lookup(*store_->generations().at(7), "a"), "3");
  EXPECT_EQ(Lookup(*store_->generations().at(7), "b"), "none");
}

TEST_F(LiveStoreTest, WhatAFullBufferFlushedIsSaid) {
  store_.reset();
  auto store = LiveStore::Open(dir_.path() + "/live",
                               {.write_buffer_bytes = 1 << 20}, resources_);
  ASSERT_TRUE(store.ok()) << store.status();
  store_ = *std::move(store);
  const auto one = Add(1);
  const auto two = Add(2);

  uint64_t flushed = 0;
  for (int i = 0; i < 20'000 && flushed == 0; ++i) {
    batch_.Put(*one, fmt::format("{}", i), std::string(1'000, 'x'));
    if (i % 100 == 0) batch_.Put(*two, "few", "y");
    Apply();
    flushed = store_->flushed().value();
  }

  EXPECT_GT(flushed, 0U);
  EXPECT_LE(flushed, store_->applied());
}

TEST_F(LiveStoreTest, GenerationsAreApart) {
  const auto one = Add(1);
  const auto two = Add(2);
  batch_.Put(*one, "a", "1");
  Apply();

  EXPECT_EQ(Lookup(*two, "a"), "none");
  EXPECT_TRUE(absl::IsAlreadyExists(store_->Add(1).status()));
  EXPECT_EQ(store_->generations().size(), 2U);
  EXPECT_FALSE(store_->generations().contains(3));
  EXPECT_TRUE(absl::IsNotFound(store_->Drop(3)));
}

TEST_F(LiveStoreTest, WhatIsSaidOfAGenerationIsKeptWithIt) {
  ASSERT_TRUE(store_->Add(1, "first").ok());
  ASSERT_TRUE(store_->Add(2).ok());
  EXPECT_EQ(store_->generations().at(1)->about().value(), "first");
  EXPECT_EQ(store_->generations().at(2)->about().value(), "");

  ASSERT_TRUE(store_->Describe(1, "second").ok());
  Open();
  EXPECT_EQ(store_->generations().at(1)->about().value(), "second");
  EXPECT_TRUE(absl::IsNotFound(store_->Describe(3, "third")));

  ASSERT_TRUE(store_->Drop(1).ok());
  ASSERT_TRUE(store_->Add(1).ok());
  EXPECT_EQ(store_->generations().at(1)->about().value(), "");
}

TEST_F(LiveStoreTest, ADroppedGenerationIsReadByWhoHoldsIt) {
  const auto rows = Add(1);
  batch_.Put(*rows, "a", "1");
  Apply();

  ASSERT_TRUE(store_->Drop(1).ok());

  EXPECT_FALSE(store_->generations().contains(1));
  EXPECT_EQ(Lookup(*rows, "a"), "1");
  ASSERT_EQ(Lookup(*Add(1), "a"), "none");
}

TEST_F(LiveStoreTest, AGenerationIsReadAfterItsStoreIsClosed) {
  const auto rows = Add(1);
  batch_.Put(*rows, "a", "1");
  Apply();

  store_.reset();

  EXPECT_EQ(Lookup(*rows, "a"), "1");
}

TEST_F(LiveStoreTest, WhatIsNotInMemoryIsSaidToNeedTheDisk) {
  const auto rows = Add(1);
  batch_.Put(*rows, "a", "1");
  Apply();
  ASSERT_TRUE(store_->Flush().ok());
  ASSERT_TRUE(rows->Compact().ok());  // What is flushed stays in memory.
  const std::string_view keys[] = {"a", "nothing"};
  RowBatch values;

  rows->LookupCached(keys, values);
  EXPECT_EQ(values.state(0), State::kNeedsDisk);
  EXPECT_EQ(values.needs_disk(), values.state(1) == State::kNeedsDisk ? 2 : 1);
  rows->LookupDisk(keys, values);

  EXPECT_EQ(values.state(0), State::kFound);
  EXPECT_EQ(values.row(0), "1");
  EXPECT_EQ(values.state(1), State::kNotFound);
  rows->LookupCached(keys, values);
  EXPECT_EQ(values.state(0), State::kFound);
}

TEST_F(LiveStoreTest, AFailedApplyChangesNothing) {
  const auto rows = Add(1);
  batch_.Put(*rows, "a", "1");
  ASSERT_TRUE(ArmFailpoints("live.before_apply=error").ok());

  EXPECT_FALSE(store_->Apply(batch_, 5).ok());

  EXPECT_EQ(store_->applied(), 0U);
  EXPECT_EQ(Lookup(*rows, "a"), "none");
}

// Merged in memory, in files, across them, and by compactions.
TEST_F(LiveStoreTest, Rule15BlocksOfTilesAreMergedWhereverTheyLie) {
  const TileShape shape({{.kind = PartialKind::kCount},
                         {.kind = PartialKind::kMax, .value = Kind::kInt64}});
  auto tiles = Add(1);
  std::mt19937_64 random(20'130'310);
  std::map<std::string, std::map<uint8_t, std::string>> wanted;
  std::map<std::string, BlockBuilder> model;
  for (int round = 0; round < 400; ++round) {
    for (uint64_t i = 0; i <= random() % 5; ++i) {
      const std::string key = fmt::format("key {}", random() % 20);
      BlockBuilder block(shape);
      BlockBuilder& all = model.try_emplace(key, shape).first->second;
      for (uint64_t event = 0; event <= random() % 3; ++event) {
        const auto index = static_cast<uint8_t>(random() % 24);
        const Datum value = Datum::Integer(static_cast<int64_t>(random() % 99));
        for (const size_t partial : {0U, 1U}) {
          block.At(index).Add(partial, value, {});
          all.At(index).Add(partial, value, {});
        }
      }
      batch_.Merge(*tiles, key, block.Finish());
    }
    Apply();
    if (random() % 40 == 0) {
      ASSERT_TRUE(store_->Flush().ok());
    }
  }

  for (const auto& [key, block] : model) {
    EXPECT_EQ(Lookup(*tiles, key), block.Finish());
  }
  tiles.reset();
  Open();
  for (const auto& [key, block] : model) {
    EXPECT_EQ(Lookup(*store_->generations().at(1), key), block.Finish());
  }
  size_t scanned = 0;
  ASSERT_TRUE(store_->generations()
                  .at(1)
                  ->Scan("",
                         [&](std::string_view key, std::string_view value) {
                           EXPECT_EQ(value,
                                     model.at(std::string(key)).Finish());
                           ++scanned;
                           return true;
                         })
                  .ok());
  EXPECT_EQ(scanned, model.size());
}

TEST_F(LiveStoreTest, BlocksThatEndedAreLeftOutOfWhatIsCompacted) {
  const TileShape shape({{.kind = PartialKind::kCount}});
  auto tiles = Add(1);
  const auto others = Add(2);
  constexpr int64_t kNow = 1'700'000'000'000'000;
  size_t all = 0;
  for (const TileLevel level : {TileLevel::k1Minute, TileLevel::k1Day}) {
    const int64_t block = TilesPerBlock(level) * TileMicros(level);
    for (int64_t age = -1; age < 50; ++age, ++all) {
      std::string key;
      AppendBlockKey("ann", BlockOf(level, TileAt(level, kNow - age * block)),
                     &key);
      BlockBuilder tile(shape);
      tile.At(0).Add(0, Datum::Integer(1), {});
      for (const auto& generation : {tiles, others}) {
        // Once merged and once not.
        batch_.Merge(*generation, key, tile.Finish());
        if (age % 2 == 0) batch_.Merge(*generation, key, tile.Finish());
      }
    }
  }
  // Nothing is said of days, so that none is too old.
  std::string of_1969;
  AppendBlockKey("ann", BlockOf(TileLevel::k1Day, TileAt(TileLevel::k1Day, -1)),
                 &of_1969);
  BlockBuilder tile(shape);
  tile.At(0).Add(0, Datum::Integer(1), {});
  for (const auto& generation : {tiles, others}) {
    batch_.Merge(*generation, of_1969, tile.Finish());
  }
  ++all;
  Apply();
  const auto count = [](const LiveGeneration& generation) {
    size_t blocks = 0;
    EXPECT_TRUE(generation
                    .Scan("",
                          [&](std::string_view, std::string_view) {
                            ++blocks;
                            return true;
                          })
                    .ok());
    return blocks;
  };
  ASSERT_TRUE(tiles->Compact().ok());
  ASSERT_EQ(count(*tiles), all);

  // Of minutes those of a day or so, of days all.
  tiles->KeepFrom(TileLevel::k1Minute, kNow - 24LL * 3'600'000'000);
  ASSERT_TRUE(tiles->Compact().ok());
  ASSERT_TRUE(others->Compact().ok());

  EXPECT_EQ(count(*tiles), all - 25);
  EXPECT_EQ(count(*others), all);
  tiles.reset();
}

TEST_F(LiveStoreTest, MomentsAreMergedAndGoOnceTheirTenSecondsAreOver) {
  constexpr int64_t kSecond = 1'000'000;
  constexpr int64_t kNow = 1'700'000'000 * kSecond;
  const TileShape shape({{.kind = PartialKind::kCount}});
  auto tiles = Add(1);
  const auto key_of = [](int64_t time) {
    std::string key;
    AppendBlockKey("ann", BlockOf(TileLevel::kMoment, time), &key);
    return key;
  };
  const auto add = [&](int64_t time) {
    Tile tile(shape);
    tile.Add(0, Datum::Integer(1), {});
    std::string bytes;
    tile.AppendTo(&bytes);
    MomentBlockBuilder moments(shape);
    moments.Add(IndexInBlock(TileLevel::kMoment, time), bytes);
    batch_.Merge(*tiles, key_of(time), moments.Finish());
    Apply();
  };
  const auto moments_at = [&](int64_t time) {
    // Past what is cached.
    std::string found;
    EXPECT_TRUE(tiles
                    ->Scan(key_of(time),
                           [&](std::string_view key, std::string_view value) {
                             if (key == key_of(time)) found = value;
                             return false;
                           })
                    .ok());
    auto block = BlockTiles::Open(found);
    if (!block.ok()) return -1;
    int moments = 0;
    while (block->Next()) ++moments;
    return block->status().ok() ? moments : -1;
  };
  for (int64_t second = 1; second <= 40; ++second) {
    add(kNow - second * kSecond);
    add(kNow - second * kSecond + 7);
    add(kNow - second * kSecond);
  }
  // Ten seconds are a block, and two moments of each second differ.
  EXPECT_EQ(moments_at(kNow - 25 * kSecond), 20);

  tiles->KeepFrom(TileLevel::kMoment, kNow - 30 * kSecond + 1);
  ASSERT_TRUE(tiles->Compact().ok());
  EXPECT_EQ(moments_at(kNow - 35 * kSecond), -1);
  EXPECT_EQ(moments_at(kNow - 25 * kSecond), 20);
  tiles->KeepFrom(TileLevel::kMoment, kNow - 20 * kSecond - 1);
  ASSERT_TRUE(tiles->Compact().ok());
  EXPECT_EQ(moments_at(kNow - 25 * kSecond), 20) << "a part of it is kept";
  tiles->KeepFrom(TileLevel::kMoment, kNow - 20 * kSecond);
  ASSERT_TRUE(tiles->Compact().ok());
  EXPECT_EQ(moments_at(kNow - 25 * kSecond), -1);
  EXPECT_EQ(moments_at(kNow - 5 * kSecond), 20);
  tiles.reset();
}

TEST_F(LiveStoreTest, Rule8LiveRowsGoThatCountNoMore) {
  auto rows = Add(1);
  const auto put = [&](std::string_view key, const LiveRow& row) {
    batch_.Merge(*rows, key, EncodeLiveRow(row));
    Apply();
  };
  const auto whole = [](int64_t micros, bool deleted = false) {
    return LiveRow{
        .whole = LiveRow::Whole{.time_micros = micros, .deleted = deleted}};
  };
  const LiveCell cell = {
      .feature = 1, .time_micros = 20, .value = Datum::Integer(5)};
  put("old", whole(9));
  put("old", whole(10));
  put("old and deleted", whole(10, true));
  put("new", whole(9));
  put("new", whole(11));
  put("deleted", whole(11, true));
  put("old, with a new cell", whole(10));
  put("old, with a new cell", {.cells = {cell}});
  put("says nothing", {});
  // Whoever reads it says so.
  batch_.Put(*rows, "damaged", "no row");
  Apply();
  const auto keys = [&] {
    std::vector<std::string> found;
    EXPECT_TRUE(rows->Scan("",
                           [&](std::string_view key, std::string_view) {
                             found.emplace_back(key);
                             return true;
                           })
                    .ok());
    return found;
  };
  ASSERT_TRUE(rows->Compact().ok());
  ASSERT_EQ(keys().size(), 7);

  rows->KeepRowsAfter(10);
  ASSERT_TRUE(rows->Compact().ok());

  EXPECT_EQ(keys(), (std::vector<std::string>{"damaged", "deleted", "new",
                                              "old, with a new cell"}));
  EXPECT_EQ(Lookup(*rows, "new"), EncodeLiveRow(whole(11)));
  rows->KeepRowsAfter(std::nullopt);
  put("old", whole(9));
  put("of 1969", whole(-1));
  ASSERT_TRUE(rows->Compact().ok());
  EXPECT_EQ(keys().size(), 6);
  rows.reset();
}

TEST_F(LiveStoreTest, BlocksThatDoNotMergeAreCorrupt) {
  const auto tiles = Add(1);
  batch_.Merge(*tiles, "a", "no block");
  Apply();

  EXPECT_EQ(Lookup(*tiles, "a"), "corrupt");
}

TEST_F(LiveStoreTest, AScanBeginsWhereItIsToldAndEndsWhereItWants) {
  const auto rows = Add(1);
  for (const char* key : {"a", "b", "c", "d"}) batch_.Put(*rows, key, key);
  Apply();
  std::string seen;

  ASSERT_TRUE(rows->Scan("b",
                         [&](std::string_view key, std::string_view) {
                           seen += key;
                           return seen.size() < 2;
                         })
                  .ok());

  EXPECT_EQ(seen, "bc");
}

}  // namespace
}  // namespace freshet
