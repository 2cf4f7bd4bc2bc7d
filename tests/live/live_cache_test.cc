// SPDX-License-Identifier: Apache-2.0
// What is kept of the live store for those who ask again is what it holds.
#include "storage/live/live_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "features/streams/live_row.h"
#include "storage/live/live_store.h"
#include "tests/fakes/temp_dir.h"

namespace freshet {
namespace {

using State = RowBatch::State;
using Change = LiveCache::Change;

std::string Row(int64_t micros, int64_t number) {
  LiveRow row{.whole = LiveRow::Whole{.time_micros = micros}};
  row.cells = {
      {.feature = 1, .time_micros = micros, .value = Datum::Integer(number)}};
  return EncodeLiveRow(row);
}

class LiveCacheTest : public testing::Test {
 protected:
  static Change Merge(const RowCache::Key& key, std::string_view value) {
    return {.kind = Change::Kind::kMerge, .key = key, .value = value};
  }

  void Settle(const std::vector<Change>& changes, bool done = true) {
    cache_.Begin(changes);
    cache_.Settle(changes, done);
  }

  void Offer(const RowCache::Key& key, std::string_view value) {
    cache_.Offer(key, value, cache_.TicketFor(key));
  }

  // Counts as having been read.
  std::string Find(const RowCache::Key& key) {
    std::string value;
    return cache_.Find(key, value) ? value : "unknown";
  }

  RowCache rows_{1 << 20};
  LiveCache cache_{rows_};
  const uint64_t number_ = LiveCache::NewNumber();
  const RowCache::Key ann_ = RowCache::MakeKey(number_, "ann");
  const RowCache::Key bob_ = RowCache::MakeKey(number_, "bob");
};

TEST_F(LiveCacheTest, WhatIsReadFollowsTheChanges) {
  const std::string first = Row(1, 5);
  const std::string second = Row(2, 6);
  Settle({Merge(ann_, first)});
  EXPECT_EQ(Find(ann_), "unknown");  // Only what was asked for.
  Offer(ann_, first);
  Offer(bob_, "");
  EXPECT_EQ(Find(ann_), first);
  EXPECT_EQ(Find(bob_), "");

  Settle({Merge(ann_, second), Merge(bob_, second)});
  EXPECT_EQ(Find(ann_), second);
  EXPECT_EQ(Find(bob_), second);
  Settle({{.kind = Change::Kind::kPut, .key = ann_, .value = first},
          {.kind = Change::Kind::kDelete, .key = bob_}});
  EXPECT_EQ(Find(ann_), first);
  EXPECT_EQ(Find(bob_), "unknown");
}

TEST_F(LiveCacheTest, AKeyThatChangesTwiceAtOnceIsFollowedTwice) {
  Offer(ann_, "");
  Settle({Merge(ann_, Row(3, 7)), Merge(ann_, Row(4, 8))});
  EXPECT_EQ(Find(ann_), Row(4, 8));
}

// As nobody reads it.
TEST_F(LiveCacheTest, WhatOnlyChangesGoesInTheEnd) {
  Offer(ann_, Row(1, 5));
  for (int64_t i = 0; i < 100'000; ++i) Settle({Merge(ann_, Row(2 + i, i))});
  EXPECT_EQ(Find(ann_), Row(100'001, 99'999));
  for (int64_t i = 0; i < 200'000; ++i) {
    const std::string name = std::to_string(i);
    const auto key = RowCache::MakeKey(number_, name);
    Offer(key, Row(1, i));
    Offer(key, Row(1, i));  // Is kept only then.
  }
  EXPECT_EQ(Find(ann_), "unknown");
}

TEST_F(LiveCacheTest, WhatDoesNotMergeOrDidNotComeAboutIsLeftToTheStore) {
  Offer(ann_, Row(1, 5));
  EXPECT_EQ(Find(ann_), Row(1, 5));
  Settle({Merge(ann_, "rubbish")});
  EXPECT_EQ(Find(ann_), "unknown");
  Offer(ann_, Row(1, 5));
  EXPECT_EQ(Find(ann_), Row(1, 5));
  Settle({Merge(ann_, Row(2, 6))}, /*done=*/false);
  EXPECT_EQ(Find(ann_), "unknown");
}

TEST_F(LiveCacheTest, WhatWasReadBeforeAChangeIsNotKept) {
  const std::string row = Row(2, 6);
  const std::vector<Change> changes = {Merge(ann_, row)};
  const auto before = cache_.TicketFor(ann_);
  cache_.Begin(changes);
  cache_.Offer(ann_, Row(1, 5), before);
  const auto during = cache_.TicketFor(ann_);
  cache_.Offer(ann_, Row(2, 6), during);
  cache_.Settle(changes, /*done=*/true);
  cache_.Offer(ann_, Row(1, 5), before);
  cache_.Offer(ann_, Row(2, 6), during);
  EXPECT_EQ(Find(ann_), "unknown");
  Offer(ann_, Row(2, 6));
  EXPECT_EQ(Find(ann_), Row(2, 6));
}

TEST_F(LiveCacheTest, GenerationsAreKeptApart) {
  const auto other = RowCache::MakeKey(LiveCache::NewNumber(), "ann");
  Offer(ann_, Row(1, 5));
  EXPECT_EQ(Find(other), "unknown");
}

// Rows rise with each change: a reader never sees what is older than what was
// written when it began, and what it saw last it sees again.
TEST(LiveCacheStoreTest, ReadersBesideAWriterSeeEachChangeOnceItIsWritten) {
  constexpr int kKeys = 40;
  constexpr int64_t kChanges = 6'000;
  TempDir dir;
  StoreResources resources(8 << 20);
  auto store = LiveStore::Open(dir.path() + "/live", {}, resources);
  ASSERT_TRUE(store.ok()) << store.status();
  const auto generation = *(*store)->Add(1);
  std::vector<std::string> keys;
  for (int i = 0; i < kKeys; ++i) keys.push_back("k" + std::to_string(i));
  std::vector<std::atomic<int64_t>> written(kKeys);
  std::atomic<bool> stop = false;
  std::atomic<int64_t> reads = 0;
  const auto read = [&](unsigned seed) {
    std::mt19937 random(seed);
    RowBatch values;
    while (!stop) {
      const auto key = static_cast<size_t>(random() % kKeys);
      const int64_t least = written[key];
      const std::string_view asked[] = {keys[key]};
      generation->LookupCached(asked, values);
      generation->LookupDisk(asked, values);
      int64_t found = 0;
      if (values.state(0) == State::kFound) {
        const auto row = DecodeLiveRow(values.row(0));
        ASSERT_TRUE(row.ok());
        found = row->whole->time_micros;
      }
      ASSERT_GE(found, least) << keys[key];
      ++reads;
    }
  };
  std::vector<std::thread> readers;
  for (unsigned seed = 1; seed <= 3; ++seed) readers.emplace_back(read, seed);
  std::mt19937 random(7);
  LiveBatch batch;
  for (int64_t change = 1; change <= kChanges; ++change) {
    std::map<size_t, int64_t> changed;
    for (int i = 0; i < 5; ++i) changed[random() % kKeys] = change;
    for (const auto& [key, micros] : changed) {
      batch.Merge(*generation, keys[key], Row(micros, micros));
    }
    ASSERT_TRUE((*store)->Apply(batch, static_cast<uint64_t>(change)).ok());
    batch.Clear();
    for (const auto& [key, micros] : changed) written[key] = micros;
    if (change % 1'000 != 0) continue;
    ASSERT_TRUE((*store)->Flush().ok());
  }
  while (reads < 1'000) std::this_thread::yield();
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_GT(resources.stats().row_cache_hits, reads / 10);
}

}  // namespace
}  // namespace freshet
