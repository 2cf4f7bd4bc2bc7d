// SPDX-License-Identifier: Apache-2.0
#include "storage/store_resources.h"

#include <rocksdb/cache.h>
#include <rocksdb/statistics.h>

#include "base/check.h"
#include "storage/engine/store_shared.h"

namespace freshet {
namespace {

constexpr int kCacheShardBits = 6;
// Hot rows get this part of the memory, blocks the rest.
constexpr int64_t kRowCacheShare = 2;

}  // namespace

StoreResources::StoreResources(int64_t block_cache_bytes)
    : shared_(std::make_unique<Shared>(block_cache_bytes / kRowCacheShare)) {
  CHECK(block_cache_bytes >= 0);
  block_cache_bytes -= shared_->row_cache_capacity_bytes;
  // All blocks are equal: index and filter live outside the cache.
  shared_->cache = rocksdb::NewLRUCache(static_cast<size_t>(block_cache_bytes),
                                        kCacheShardBits,
                                        /*strict_capacity_limit=*/false,
                                        /*high_pri_pool_ratio=*/0.0);
  shared_->statistics = rocksdb::CreateDBStatistics();
  shared_->statistics->set_stats_level(rocksdb::kExceptHistogramOrTimers);
}

StoreResources::~StoreResources() = default;

StoreResources::Stats StoreResources::stats() const {
  Stats stats;
  stats.row_cache_bytes = shared_->rows.used_bytes();
  stats.row_cache_capacity_bytes = shared_->row_cache_capacity_bytes;
  stats.row_cache_hits = shared_->row_hits.load(std::memory_order_relaxed);
  stats.versions_bytes =
      shared_->versions_bytes.load(std::memory_order_relaxed);
  stats.cache_bytes = static_cast<int64_t>(shared_->cache->GetUsage());
  stats.cache_capacity_bytes =
      static_cast<int64_t>(shared_->cache->GetCapacity());
  stats.cache_hits = shared_->cache_hits.load(std::memory_order_relaxed);
  stats.cache_misses = shared_->cache_misses.load(std::memory_order_relaxed);
  stats.filter_useful = static_cast<int64_t>(
      shared_->statistics->getTickerCount(rocksdb::BLOOM_FILTER_USEFUL));
  stats.corruptions = shared_->corruptions.load(std::memory_order_relaxed);
  return stats;
}

}  // namespace freshet
