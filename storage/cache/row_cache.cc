// SPDX-License-Identifier: Apache-2.0
#include "storage/cache/row_cache.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/check.h"
#include "base/hash.h"
#include "storage/cache/row_cache_shard.h"

namespace freshet {
namespace {

constexpr int kShardBits = 6;
constexpr size_t kShards = size_t{1} << kShardBits;
// One slot for so many bytes of the ring: with rows of 100 bytes and more the
// ring is full before the table is.
constexpr size_t kRingBytesPerSlot = 128;
// So much of a ring is taken before rows come there, and how often that is
// looked at, when something was taken the last time and when not. What comes
// faster, over 1.6 GB/s, touches small pages.
constexpr size_t kTakeAhead = 256 << 10;
constexpr std::chrono::milliseconds kIdleTakeEvery(100);
constexpr std::chrono::milliseconds kTakeEvery(10);

}  // namespace

RowCache::RowCache(int64_t capacity_bytes) {
  CHECK(capacity_bytes >= 0);
  if (capacity_bytes == 0) return;
  const size_t shard_bytes = static_cast<size_t>(capacity_bytes) / kShards;
  sets_.count =
      kShards * std::max<size_t>(
                    shard_bytes / kRingBytesPerSlot / kRowCacheSlotsPerSet, 1);
  const size_t slots = sets_.count * kRowCacheSlotsPerSet;
  slots_ = std::make_unique<Memory>(slots * sizeof(uint64_t));
  offered_ = std::make_unique<Memory>(slots * sizeof(uint16_t));
  sets_.slots = slots_->As<uint64_t>();
  sets_.offered = offered_->As<uint16_t>();
  const size_t tables = slots / kShards * (sizeof(uint64_t) + sizeof(uint16_t));
  ring_bytes_ = (shard_bytes - std::min(shard_bytes, tables)) / kRowCacheUnit *
                kRowCacheUnit;
  rings_ = std::make_unique<Memory>(ring_bytes_ * kShards);
  shards_ = std::make_unique<Shard[]>(kShards);
  for (size_t i = 0; i < kShards; ++i) {
    shards_[i].Use(sets_, rings_->As<char>() + i * ring_bytes_, ring_bytes_);
  }
  taker_ = std::thread([this] { TakeAhead(); });
}

RowCache::~RowCache() {
  if (!taker_.joinable()) return;
  {
    MutexLock lock(taker_mu_);
    stop_ = true;
  }
  stopped_.SignalAll();
  taker_.join();
}

bool RowCache::WaitToTake(std::chrono::milliseconds time) {
  MutexLock lock(taker_mu_);
  if (!stop_ && time.count() > 0) stopped_.WaitFor(taker_mu_, time);
  return !stop_;
}

bool RowCache::TakeAll(Memory& memory) {
  for (size_t at = 0; at < memory.bytes();) {
    if (!WaitToTake({})) return false;
    at = memory.Take(at, at + 1);
  }
  return true;
}

// A huge page costs milliseconds when it is first touched, and the first
// requests touch slots and rows all over.
void RowCache::TakeAhead() {
  if (!TakeAll(*slots_)) return;
  std::array<size_t, kShards> taken{};
  for (bool all = false; !all;) {
    all = true;
    bool took = false;
    for (size_t i = 0; i < kShards; ++i) {
      const size_t start = i * ring_bytes_;
      const size_t wanted =
          std::min(shards_[i].reached() + kTakeAhead, ring_bytes_);
      if (taken[i] < wanted) {
        if (!WaitToTake({})) return;
        const size_t from = start + taken[i];
        taken[i] = rings_->Take(from, from + 1) - start;
        took = true;
      }
      all = all && taken[i] >= ring_bytes_;
    }
    if (!WaitToTake(took ? kTakeEvery : kIdleTakeEvery)) return;
  }
  TakeAll(*offered_);  // Used from now on.
}

RowCache::Key RowCache::MakeKey(uint64_t version, std::string_view key) {
  // Multiplied by an odd number, so that versions of neighbouring numbers
  // differ in all bits (Knuth's multiplicative hash).
  return {.version = version,
          .key = key,
          .hash = Xxh3(key) ^ version * 0x9e3779b97f4a7c15};
}

RowCache::Shard& RowCache::ShardOf(uint64_t hash) const {
  return shards_[hash >> (64 - kShardBits)];
}

void RowCache::PrefetchSlot(const Key& key) const {
  __builtin_prefetch(sets_.Of(key.hash));
}

void RowCache::PrefetchRow(const Key& key) const {
  ShardOf(key.hash).PrefetchRow(key.hash);
}

bool RowCache::Find(const Key& key, std::string& row, bool wait) {
  return ShardOf(key.hash).Find(key, row, wait);
}

void RowCache::Offer(const Key& key, std::string_view row) {
  ShardOf(key.hash).Offer(key, row);
}

bool RowCache::Supersede(const Key& key) {
  return ShardOf(key.hash).Supersede(key.hash);
}

void RowCache::Keep(const Key& key, std::string_view row, bool read) {
  ShardOf(key.hash).Keep(key, row, read);
}

bool RowCache::Drop(const Key& key, std::string* row) {
  return ShardOf(key.hash).Drop(key, row);
}

int64_t RowCache::used_bytes() const {
  size_t bytes = 0;
  for (size_t i = 0; enabled() && i < kShards; ++i) bytes += shards_[i].used();
  return static_cast<int64_t>(bytes);
}

}  // namespace freshet
