// SPDX-License-Identifier: Apache-2.0
// What is behind the live store's classes; for storage/live/ only.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "storage/engine/store_shared.h"
#include "storage/live/live_batch.h"
#include "storage/live/live_cache.h"
#include "storage/live/live_expiry.h"
#include "storage/live/live_generation.h"

namespace freshet {

// In the default column family: what its owner says of a generation.
std::string AboutKey(uint64_t generation);

// The database lives as long as who reads of it.
struct LiveGeneration::Parts {
  Parts(std::shared_ptr<rocksdb::DB> opened, StoreResources::Shared& resources,
        std::shared_ptr<LiveCache> values, rocksdb::ColumnFamilyHandle* handle);
  ~Parts();

  RowBatch::State Read(std::string_view key, bool from_disk,
                       rocksdb::PinnableSlice& value) const;

  std::shared_ptr<rocksdb::DB> db;
  StoreResources::Shared& shared;
  const std::shared_ptr<LiveCache> cache;
  const uint64_t cache_number;
  uint64_t number = 0;
  rocksdb::ColumnFamilyHandle* family;  // Ours.
  std::shared_ptr<LiveExpiry> expiry;
  rocksdb::ReadOptions cached_read;  // Made once: they are large.
  rocksdb::ReadOptions disk_read;
};

struct LiveBatch::Parts {
  // Its changes, which point into it, of families by their ids.
  std::vector<LiveCache::Change> Changes(
      const std::map<uint32_t, uint64_t>& cache_numbers) const;

  rocksdb::WriteBatch batch;
};

}  // namespace freshet
