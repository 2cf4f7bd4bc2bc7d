// SPDX-License-Identifier: Apache-2.0
#include "storage/cache/row_cache.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <random>
#include <thread>
#include <vector>

#include "storage/cache/memory.h"

namespace freshet {
namespace {

constexpr int64_t kMiB = 1 << 20;
constexpr int64_t kPage = 4096;

std::string KeyOf(int number) { return "key-" + std::to_string(number); }

// Follows from version and number, so that a wrong row is seen; of different
// lengths.
std::string RowOf(uint64_t version, int number) {
  const std::string text =
      std::to_string(version) + "/" + std::to_string(number) + ";";
  std::string row;
  for (int i = 0; i <= number % 37; ++i) row += text;
  return row;
}

bool Find(RowCache& cache, uint64_t version, int number, std::string& row) {
  const std::string text = KeyOf(number);
  const RowCache::Key key = RowCache::MakeKey(version, text);
  cache.PrefetchSlot(key);
  cache.PrefetchRow(key);
  return cache.Find(key, row);
}

bool Has(RowCache& cache, uint64_t version, int number) {
  std::string row;
  if (!Find(cache, version, number, row)) return false;
  EXPECT_EQ(row, RowOf(version, number));
  return true;
}

void Offer(RowCache& cache, uint64_t version, int number) {
  const std::string key = KeyOf(number);
  cache.Offer(RowCache::MakeKey(version, key), RowOf(version, number));
}

// More than a cache of 1 MiB holds.
void Fill(RowCache& cache, uint64_t version) {
  for (int i = 0; i < 20000; ++i) Offer(cache, version, i);
}

TEST(RowCacheTest, FindsWhatWasOffered) {
  RowCache cache(kMiB);
  EXPECT_FALSE(Has(cache, 1, 7));
  Offer(cache, 1, 7);
  EXPECT_TRUE(Has(cache, 1, 7));
  EXPECT_FALSE(Has(cache, 1, 8));
}

TEST(RowCacheTest, VersionsOfAKeyAreApart) {
  RowCache cache(kMiB);
  Offer(cache, 1, 7);
  EXPECT_FALSE(Has(cache, 2, 7));
  Offer(cache, 2, 7);
  EXPECT_TRUE(Has(cache, 1, 7));
  EXPECT_TRUE(Has(cache, 2, 7));
}

TEST(RowCacheTest, EmptyKeyAndEmptyRowAreKept) {
  RowCache cache(kMiB);
  cache.Offer(RowCache::MakeKey(1, ""), "");
  std::string row = "something";
  EXPECT_TRUE(cache.Find(RowCache::MakeKey(1, ""), row));
  EXPECT_EQ(row, "");
}

TEST(RowCacheTest, WhatIsDroppedIsFoundNoMoreAndTheRestIs) {
  RowCache cache(kMiB);
  for (int i = 0; i < 200; ++i) Offer(cache, 1, i);

  for (int i = 0; i < 200; i += 2) {
    const std::string key = KeyOf(i);
    cache.Drop(RowCache::MakeKey(1, key));
    cache.Drop(RowCache::MakeKey(2, key));  // Not there.
  }

  for (int i = 0; i < 200; ++i) EXPECT_EQ(Has(cache, 1, i), i % 2 == 1) << i;
  Fill(cache, 3);  // All the way around.
  Offer(cache, 1, 0);
  Offer(cache, 1, 0);
  EXPECT_TRUE(Has(cache, 1, 0));
}

TEST(RowCacheTest, WithoutMemoryItIsOff) {
  EXPECT_FALSE(RowCache(0).enabled());
  EXPECT_EQ(RowCache(0).used_bytes(), 0);
}

TEST(RowCacheTest, TheSmallestOnesKeepWhatFits) {
  for (int64_t bytes = 1; bytes < 100'000; bytes += 9777) {
    RowCache cache(bytes);
    Fill(cache, 1);
    for (int i = 0; i < 20000; ++i) Has(cache, 1, i);
    EXPECT_LE(cache.used_bytes(), bytes);
  }
}

TEST(RowCacheTest, ARowLargerThanAShareOfAShardIsNotKept) {
  RowCache cache(kMiB);
  cache.Offer(RowCache::MakeKey(1, "large"), std::string(8 << 10, 'x'));
  EXPECT_EQ(cache.used_bytes(), 0);
}

TEST(RowCacheTest, MemoryStaysWithinItsBoundAndIsUsed) {
  RowCache cache(kMiB);
  for (uint64_t version = 1; version < 20; ++version) {
    Fill(cache, version);
    Fill(cache, version);
    EXPECT_LE(cache.used_bytes(), kMiB);
  }
  EXPECT_GT(cache.used_bytes(), kMiB * 8 / 10);
}

TEST(RowCacheTest, AFullOneTakesWhatIsAskedForTwice) {
  RowCache cache(kMiB);
  Fill(cache, 1);
  Offer(cache, 2, 7);
  EXPECT_FALSE(Has(cache, 2, 7));
  Offer(cache, 2, 7);
  EXPECT_TRUE(Has(cache, 2, 7));
}

TEST(RowCacheTest, WhatIsReadSurvivesAScan) {
  RowCache cache(kMiB);
  Fill(cache, 1);
  for (int hot = 0; hot < 200; ++hot) {
    Offer(cache, 2, hot);
    Offer(cache, 2, hot);
  }
  for (uint64_t scan = 3; scan < 10; ++scan) {
    for (int i = 0; i < 2000; ++i) {
      Offer(cache, scan, i);
      Offer(cache, scan, i);
      // One that lost its slot to another comes back as it does in a store.
      if (!Has(cache, 2, i % 200)) Offer(cache, 2, i % 200);
    }
  }
  int kept = 0;
  for (int hot = 0; hot < 200; ++hot) kept += Has(cache, 2, hot) ? 1 : 0;
  EXPECT_GT(kept, 190);
}

TEST(RowCacheTest, KeepsWithoutBeingAskedTwice) {
  RowCache cache(kMiB);
  Fill(cache, 1);
  cache.Keep(RowCache::MakeKey(2, KeyOf(7)), RowOf(2, 7));
  EXPECT_TRUE(Has(cache, 2, 7));
}

TEST(RowCacheTest, SupersededRowsMakeRoomForTheirSuccessors) {
  RowCache cache(kMiB);
  constexpr int kRows = 3500;  // Some two thirds of it, with the others.
  constexpr int kOthers = 500;
  for (int i = 0; i < kOthers; ++i) Offer(cache, 9, i);
  for (int i = 0; i < kRows; ++i) Offer(cache, 1, i);
  const int64_t used = cache.used_bytes();
  ASSERT_GT(used, kMiB / 2);
  // All were read lately.
  for (int i = 0; i < kOthers; ++i) Has(cache, 9, i);
  for (int i = 0; i < kRows; ++i) Has(cache, 1, i);

  int superseded = 0;
  for (int i = 0; i < kRows; ++i) {
    const std::string key = KeyOf(i);
    if (!cache.Supersede(RowCache::MakeKey(1, key))) continue;
    ++superseded;
    cache.Keep(RowCache::MakeKey(2, key), RowOf(2, i));
  }

  int old_ones = 0;
  int new_ones = 0;
  for (int i = 0; i < kRows; ++i) {
    old_ones += Has(cache, 1, i) ? 1 : 0;
    new_ones += Has(cache, 2, i) ? 1 : 0;
  }
  EXPECT_GT(superseded, kRows * 8 / 10);
  // All but those that lost their slot to another.
  EXPECT_GT(new_ones, superseded * 9 / 10);
  EXPECT_LT(old_ones, superseded * 6 / 10);
  int others = 0;
  for (int i = 0; i < kOthers; ++i) others += Has(cache, 9, i) ? 1 : 0;
  EXPECT_GT(others, kOthers * 9 / 10);
}

TEST(RowCacheTest, WhatIsNotReadGoes) {
  RowCache cache(kMiB);
  for (uint64_t version = 1; version < 6; ++version) {
    Fill(cache, version);
    Fill(cache, version);
  }
  int kept = 0;
  for (int i = 0; i < 20000; ++i) kept += Has(cache, 1, i) ? 1 : 0;
  EXPECT_LT(kept, 100);
}

// Many versions, keys and threads: what is found is always the right row.
TEST(RowCacheTest, NeverAnswersAnotherRow) {
  RowCache cache(kMiB / 4);
  std::vector<std::thread> threads;
  for (unsigned seed = 1; seed <= 4; ++seed) {
    threads.emplace_back([&cache, seed] {
      std::mt19937 random(seed);
      int found = 0;
      for (int i = 0; i < 50000; ++i) {
        const uint64_t version = random() % 3;
        // The square makes some keys hotter than others.
        const int root = static_cast<int>(random() % 60);
        const int number = root * root;
        if (Has(cache, version, number)) {
          ++found;
        } else {
          Offer(cache, version, number);
        }
      }
      EXPECT_GT(found, 1000);
    });
  }
  // And one that brings the next version's rows, as a load does.
  threads.emplace_back([&cache] {
    for (int i = 0; i < 50000; ++i) {
      const auto version = static_cast<uint64_t>(i % 2);
      const int root = i % 60;
      const std::string key = KeyOf(root * root);
      if (cache.Supersede(RowCache::MakeKey(version, key))) {
        cache.Keep(RowCache::MakeKey(version + 1, key),
                   RowOf(version + 1, root * root));
      }
      EXPECT_LE(cache.used_bytes(), kMiB / 4);
    }
  });
  for (std::thread& thread : threads) thread.join();
}

TEST(MemoryTest, TakesWholePagesAheadAndLosesNothing) {
  Memory memory(5 * kMiB + 100);
  auto* bytes = memory.As<unsigned char>();
  EXPECT_EQ(bytes[5 * kMiB + 99], 0);
  bytes[3 * kMiB] = 7;

  memory.Take(3 * kMiB, 3 * kMiB + 1);
  memory.Take(0, memory.bytes());
  memory.Take(memory.bytes(), memory.bytes());

  EXPECT_EQ(bytes[3 * kMiB], 7);
  EXPECT_EQ(bytes[0], 0);
  std::vector<unsigned char> resident(5 * kMiB / kPage);
  ASSERT_EQ(::mincore(bytes, 5 * kMiB, resident.data()), 0);
  for (const unsigned char page : resident) EXPECT_EQ(page & 1, 1);
}

TEST(RowCacheTest, EndsWhileItTakesItsMemory) {
  for (int i = 0; i < 20; ++i) RowCache cache(int64_t{1} << 30);
}

}  // namespace
}  // namespace freshet
