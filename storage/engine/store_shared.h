// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "storage/cache/row_cache.h"
#include "storage/store_resources.h"

namespace rocksdb {
class Cache;
class Statistics;
}  // namespace rocksdb

namespace freshet {

// What is behind StoreResources; for storage/ only.
struct StoreResources::Shared {
  explicit Shared(int64_t row_cache_bytes) : rows(row_cache_bytes) {}

  RowCache rows;
  std::atomic<int64_t> versions_bytes{0};  // Version::memory_bytes of all open.
  std::shared_ptr<rocksdb::Cache> cache;
  std::shared_ptr<rocksdb::Statistics> statistics;
  // RocksDB's own counts of these are not kept for a database of one level.
  std::atomic<int64_t> row_hits{0};
  std::atomic<int64_t> cache_hits{0};
  std::atomic<int64_t> cache_misses{0};
  std::atomic<int64_t> corruptions{0};
};

}  // namespace freshet
