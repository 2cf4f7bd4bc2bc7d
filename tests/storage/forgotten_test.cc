// SPDX-License-Identifier: Apache-2.0
// Rows that count no more because their entity was forgotten.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.h"
#include "features/key_codec.h"
#include "features/row_codec.h"
#include "storage/erasure/forgotten_keys.h"
#include "storage/erasure/own_rows.h"
#include "tests/storage/layers_fixture.h"

namespace freshet {
namespace {

using State = RowBatch::State;
using testing::ElementsAre;

ForgottenKey Forgotten(const std::string& key, int64_t until) {
  return {.join_keys = {"id"}, .hash = Xxh3(key), .until_version = until};
}

class ForgottenTest : public LayersFixture {
 protected:
  static std::vector<std::string> Scanned(
      const Version& version, const Version::ScanOptions& options = {}) {
    std::vector<std::string> keys;
    EXPECT_TRUE(version
                    .Scan(
                        [&](std::string_view key, std::string_view) {
                          keys.emplace_back(key);
                          return true;
                        },
                        options)
                    .ok());
    return keys;
  }
};

TEST_F(ForgottenTest, ARowIsFoundNeitherOnDiskNorInMemory) {
  Add(TestRows(3));
  const auto before = Open();
  LookUp(*before, {"k000001"});  // Into the row cache.
  chain_.forgotten = {Forgotten("k000001", 1)};

  const auto version = Open();

  const std::vector<std::string_view> keys = {"k000001"};
  RowBatch batch;
  version->LookupCached(keys, batch);
  EXPECT_EQ(batch.state(0), State::kNotFound);
  EXPECT_EQ(batch.needs_disk(), 0U);
  const auto found = LookUp(*version, {"k000000", "k000001", "k000002"});
  EXPECT_EQ(found[0].row, TestRow(0));
  EXPECT_EQ(found[1].state, State::kNotFound);
  EXPECT_EQ(found[2].row, TestRow(2));
  EXPECT_THAT(Scanned(*version), ElementsAre("k000000", "k000002"));
  EXPECT_FALSE(IsOpened(*before, chain_));
  EXPECT_TRUE(IsOpened(*version, chain_));
  EXPECT_TRUE(version->Verify([] { return true; }).ok());
}

TEST_F(ForgottenTest, WhatWasLoadedAfterwardsCountsAgain) {
  Add(TestRows(4));
  Add({{"k000001", TestRow(11)}, {"k000002", TestRow(12)}});
  Add({{"k000002", TestRow(22)}});
  chain_.forgotten = {Forgotten("k000001", 2), Forgotten("k000002", 2),
                      Forgotten("k000003", 1)};

  const auto version = Open();

  for (int pass = 0; pass < 2; ++pass) {  // From disk, from memory.
    const auto found =
        LookUp(*version, {"k000000", "k000001", "k000002", "k000003"});
    EXPECT_EQ(found[0].row, TestRow(0));
    EXPECT_EQ(found[1].state, State::kNotFound);
    EXPECT_EQ(found[2].row, TestRow(22));
    EXPECT_EQ(found[3].state, State::kNotFound);
  }
  EXPECT_THAT(Scanned(*version), ElementsAre("k000000", "k000002"));
  EXPECT_THAT(Scanned(*version, {.with_deleted = true, .newest = 2}),
              ElementsAre("k000002"));
}

// Two keys may have one hash: the map of layers says "the newest", which has
// not got the key, and the row beneath it must not be found all the same.
TEST_F(ForgottenTest, ADeletedRowIsForgottenWithWhatItDeleted) {
  Add(TestRows(2));
  Add({{"k000001", DeletedRow(TestSchema(), 5)}});
  chain_.forgotten = {Forgotten("k000001", 2)};

  const auto version = Open();

  EXPECT_EQ(LookUp(*version, {"k000001"})[0].state, State::kNotFound);
  EXPECT_THAT(Scanned(*version, {.with_deleted = true, .newest = {}}),
              ElementsAre("k000000"));
}

TEST_F(ForgottenTest, ItIsNotPutIntoTheRowCacheOfTheNextVersion) {
  Add(TestRows(3));
  const auto before = Open();
  LookUp(*before, {"k000001", "k000002"});
  Add({{"k000001", TestRow(11)}, {"k000002", TestRow(12)}});
  const VersionChain without = chain_;
  chain_.forgotten = {Forgotten("k000001", 2)};
  const auto after = Open();

  ASSERT_TRUE(InheritRowCache(*before, *after, [] { return true; }).ok());

  // As one sees it that hides nothing: what is in memory.
  const auto all = Version::Open(without, resources_);
  ASSERT_TRUE(all.ok());
  const std::vector<std::string_view> keys = {"k000001", "k000002"};
  RowBatch batch;
  (*all)->LookupCached(keys, batch);
  EXPECT_EQ(batch.state(0), State::kNeedsDisk);
  EXPECT_EQ(batch.state(1), State::kFound);
}

TEST_F(ForgottenTest, ARowLeavesTheRowCache) {
  Add(TestRows(3));
  const auto version = Open();
  LookUp(*version, {"k000001", "k000002"});

  DropCachedRow(chain_.layers[0].expected, "k000001", resources_);

  const int64_t hits = resources_.stats().row_cache_hits;
  LookUp(*version, {"k000001"});
  EXPECT_EQ(resources_.stats().row_cache_hits, hits);
  LookUp(*version, {"k000002"});
  EXPECT_EQ(resources_.stats().row_cache_hits, hits + 1);
}

TEST_F(ForgottenTest, AVersionsOwnRowsAreTold) {
  Add(TestRows(2));
  Add({{"k000001", DeletedRow(TestSchema(), 5)}});

  EXPECT_TRUE(*HasOwnRow(chain_.layers[1], "k000000", resources_));
  EXPECT_FALSE(*HasOwnRow(chain_.layers[0], "k000000", resources_));
  EXPECT_TRUE(*HasOwnRow(chain_.layers[0], "k000001", resources_));
  chain_.layers[1].expected.rows_sum ^= 1;
  EXPECT_FALSE(HasOwnRow(chain_.layers[1], "k000000", resources_).ok());
}

// Of keys of several entities.
class ForgottenPartsTest : public testing::Test {
 protected:
  const KeyPart text_{"user", {.kind = Kind::kString}};
  const KeyPart number_{"item", {.kind = Kind::kInt64}};

  static uint64_t Hash(const std::vector<KeyPart>& parts,
                       const std::vector<Value>& values) {
    return Xxh3(*EncodeKey(parts, values));
  }
};

TEST_F(ForgottenPartsTest, AnEntityIsFoundByItsPartsOfTheKey) {
  const std::vector<KeyPart> parts = {text_, number_};
  const std::string name("E\0W", 3);  // Written otherwise when it is not last.
  const ForgottenKeys keys(
      {{{"user"}, Hash({text_}, {Value(name)}), 3},
       {{"item"}, Hash({number_}, {Value(int64_t{7})}), 2}},
      parts);
  const auto key = [&](const std::string& user, int64_t item) {
    return *EncodeKey(parts, std::vector<Value>{Value(user), Value(item)});
  };

  EXPECT_TRUE(keys.Hides(key(name, 1), 3));
  EXPECT_FALSE(keys.Hides(key(name, 1), 4));
  EXPECT_TRUE(keys.Hides(key("other", 7), 2));
  EXPECT_FALSE(keys.Hides(key("other", 7), 3));
  EXPECT_TRUE(keys.Hides(key(name, 7), 3));
  EXPECT_FALSE(keys.Hides(key("other", 8), 1));
  EXPECT_FALSE(keys.Hides("damaged", 1));
}

TEST_F(ForgottenPartsTest, AnEntityWhoseJoinKeysWereRenamedIsTheWholeKey) {
  const ForgottenKeys keys({{{"uid"}, Hash({text_}, {Value("u")}), 3}},
                           {text_});

  EXPECT_TRUE(keys.Hides("u", 3));
  EXPECT_FALSE(keys.Hides("v", 3));
}

}  // namespace
}  // namespace freshet
