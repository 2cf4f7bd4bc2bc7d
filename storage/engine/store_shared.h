// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "storage/cache/row_cache.h"
#include "storage/store_resources.h"

namespace rocksdb {
class Cache;
class Statistics;
}  // namespace rocksdb

namespace freshet {

struct Layer;

// What is behind StoreResources; for storage/ only.
struct StoreResources::Shared {
  explicit Shared(int64_t row_cache_bytes)
      : row_cache_capacity_bytes(row_cache_bytes), rows(row_cache_bytes) {}

  const int64_t row_cache_capacity_bytes;
  RowCache rows;
  std::atomic<int64_t> versions_bytes{0};  // Of all open layers and their maps.
  std::shared_ptr<rocksdb::Cache> cache;
  std::shared_ptr<rocksdb::Statistics> statistics;
  // RocksDB's own counts of these are not kept for a database of one level.
  std::atomic<int64_t> row_hits{0};
  std::atomic<int64_t> cache_hits{0};
  std::atomic<int64_t> cache_misses{0};
  std::atomic<int64_t> corruptions{0};
  // Those that are open, by directory.
  Mutex layers_mu;
  std::map<std::string, std::weak_ptr<const Layer>> layers
      ABSL_GUARDED_BY(layers_mu);
};

}  // namespace freshet
