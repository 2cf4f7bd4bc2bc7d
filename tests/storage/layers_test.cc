// SPDX-License-Identifier: Apache-2.0
// Versions that are laid over others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "features/row_codec.h"
#include "storage/engine/layer_map.h"
#include "tests/storage/layers_fixture.h"

namespace freshet {
namespace {

using State = RowBatch::State;
using testing::HasSubstr;

TEST(LayerMapTest, TheNewestLayerWithTheHashIsFound) {
  const std::vector<uint64_t> newest = {7, ~uint64_t{0}, 0};
  const std::vector<uint64_t> older = {7 << 8, 1 << 20};
  const std::vector<std::span<const uint64_t>> layers = {newest, older};
  const LayerMap map(layers);

  EXPECT_EQ(map.Find(~uint64_t{0}), 0u);
  EXPECT_EQ(map.Find(1 << 20), 1u);
  EXPECT_EQ(map.Find(uint64_t{1} << 40), 2u);
  EXPECT_EQ(map.Find(7 << 8), 1u);
  // The lowest 8 bits do not count: the newest is asked, and then the others.
  EXPECT_EQ(map.Find(99), 0u);
  EXPECT_EQ(LayerMap({}).Find(7), 0u);
}

TEST(LayerMapTest, FindsAllOfManyAndFewOthers) {
  std::mt19937_64 random(1);
  std::vector<std::vector<uint64_t>> hashes(3);
  for (auto& layer : hashes) {
    for (int i = 0; i < 20'000; ++i) layer.push_back(random());
  }
  const std::vector<std::span<const uint64_t>> layers(hashes.begin(),
                                                      hashes.end());
  const LayerMap map(layers);

  for (size_t i = 0; i < hashes.size(); ++i) {
    for (const uint64_t hash : hashes[i]) ASSERT_EQ(map.Find(hash), i);
  }
  int others = 0;
  for (int i = 0; i < 100'000; ++i) others += map.Find(random()) != 3 ? 1 : 0;
  EXPECT_EQ(others, 0);
}

class LayersTest : public LayersFixture {
 protected:
  // A row of no text is deleted.
  static std::string Deleted() { return DeletedRow(TestSchema(), 5); }
};

TEST_F(LayersTest, TheNewestRowOfAKeyIsFound) {
  Add(TestRows(1000));
  Add({{"k000001", TestRow(2001)}, {"k000002", TestRow(2002)}});
  Add({{"k000002", TestRow(3002)},
       {"k000003", Deleted()},
       {"new", TestRow(7)}});
  const auto version = Open();

  for (int pass = 0; pass < 2; ++pass) {  // From disk, from memory.
    const auto found = LookUp(
        *version, {"k000000", "k000001", "k000002", "k000003", "new", "none"});
    EXPECT_EQ(found[0].row, TestRow(0));
    EXPECT_EQ(found[1].row, TestRow(2001));
    EXPECT_EQ(found[2].row, TestRow(3002));
    EXPECT_EQ(found[3].state, State::kDeleted);
    EXPECT_EQ(found[4].row, TestRow(7));
    EXPECT_EQ(found[5].state, State::kNotFound);
  }
  EXPECT_TRUE(version->Verify([] { return true; }).ok());
}

TEST_F(LayersTest, AScanMergesThem) {
  Rows wanted = TestRows(50);
  Add(wanted);
  Add({{"a", TestRow(1)}, {"k000010", TestRow(9)}, {"z", TestRow(2)}});
  Add({{"k000010", Deleted()}, {"k000049", TestRow(8)}, {"z", TestRow(3)}});
  wanted["a"] = TestRow(1);
  wanted.erase("k000010");
  wanted["k000049"] = TestRow(8);
  wanted["z"] = TestRow(3);
  const auto version = Open();

  Rows rows;
  size_t deleted = 0;
  const auto take = [&](std::string_view key, std::string_view row) {
    if (IsDeletedRow(row)) {
      ++deleted;
    } else {
      EXPECT_TRUE(rows.emplace(key, row).second) << key;
    }
    return true;
  };
  ASSERT_TRUE(version->Scan(take).ok());
  EXPECT_EQ(rows, wanted);
  EXPECT_EQ(deleted, 0u);

  rows.clear();
  ASSERT_TRUE(version->Scan(take, {.with_deleted = true, .newest = 2}).ok());
  EXPECT_EQ(KeysOf(rows), (std::vector<std::string>{"a", "k000049", "z"}));
  EXPECT_EQ(deleted, 1u);
}

TEST_F(LayersTest, WhatIsBeneathIsOpenedOnce) {
  Add(TestRows(1000));
  const auto base = Open();
  const int64_t bytes = resources_.stats().versions_bytes;
  Add({{"k000001", TestRow(2001)}});

  const auto version = Open();

  EXPECT_LT(resources_.stats().versions_bytes, 2 * bytes);
  EXPECT_EQ(LookUp(*base, {"k000001"})[0].row, TestRow(1));
  EXPECT_EQ(LookUp(*version, {"k000001"})[0].row, TestRow(2001));
}

TEST_F(LayersTest, RowsThatChangedAreInheritedAndTheOthersAreThere) {
  Add(TestRows(1000));
  const auto before = Open();
  LookUp(*before, {"k000001", "k000002"});
  Add({{"k000001", TestRow(2001)}, {"k000003", TestRow(2003)}});
  const auto after = Open();

  ASSERT_TRUE(InheritRowCache(*before, *after, [] { return true; }).ok());

  const std::vector<std::string_view> keys = {"k000001", "k000002", "k000003"};
  RowBatch batch;
  after->LookupCached(keys, batch);
  EXPECT_EQ(batch.state(0), State::kFound);
  EXPECT_EQ(batch.row(0), TestRow(2001));
  EXPECT_EQ(batch.state(1), State::kFound);
  EXPECT_EQ(batch.state(2), State::kNeedsDisk);
}

TEST_F(LayersTest, AChainWithAGapIsRefused) {
  Add(TestRows(10));
  Add(TestRows(1));
  Add(TestRows(1));
  VersionChain gap;
  gap.layers = {chain_.layers[0], chain_.layers[2]};
  EXPECT_THAT(Version::Open(gap, resources_).status().ToString(),
              HasSubstr("is not laid over version 1"));
  gap.layers.pop_back();
  EXPECT_FALSE(Version::Open(gap, resources_).ok());
}

TEST_F(LayersTest, DamageBeneathIsDataLoss) {
  Add(TestRows(10));
  Add(TestRows(1));
  chain_.layers[1].expected.rows_sum ^= 1;
  EXPECT_TRUE(absl::IsDataLoss(Version::Open(chain_, resources_).status()));
}

}  // namespace
}  // namespace freshet
