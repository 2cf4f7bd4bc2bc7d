// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "storage/store_resources.h"

namespace rocksdb {
class Cache;
class Statistics;
}  // namespace rocksdb

namespace freshet {

// What is behind StoreResources; for storage/ only.
struct StoreResources::Shared {
  std::shared_ptr<rocksdb::Cache> cache;
  std::shared_ptr<rocksdb::Statistics> statistics;
  // RocksDB's own counts of these are not kept for a database of one level.
  std::atomic<int64_t> cache_hits{0};
  std::atomic<int64_t> cache_misses{0};
  std::atomic<int64_t> corruptions{0};
};

}  // namespace freshet
