// SPDX-License-Identifier: Apache-2.0
// What is behind the live store's classes; for storage/live/ only.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "storage/engine/store_shared.h"
#include "storage/live/block_expiry.h"
#include "storage/live/live_batch.h"
#include "storage/live/live_generation.h"

namespace freshet {

// In the default column family: what its owner says of a generation.
std::string AboutKey(uint64_t generation);

// The database lives as long as who reads of it.
struct LiveGeneration::Parts {
  Parts(std::shared_ptr<rocksdb::DB> opened, StoreResources::Shared& resources,
        uint64_t generation, rocksdb::ColumnFamilyHandle* handle);
  ~Parts();

  RowBatch::State Read(std::string_view key, bool from_disk,
                       rocksdb::PinnableSlice& value) const;

  std::shared_ptr<rocksdb::DB> db;
  StoreResources::Shared& shared;
  const uint64_t number;
  rocksdb::ColumnFamilyHandle* family;  // Ours.
  std::shared_ptr<BlockExpiry> expiry;
  rocksdb::ReadOptions cached_read;  // Made once: they are large.
  rocksdb::ReadOptions disk_read;
};

struct LiveBatch::Parts {
  rocksdb::WriteBatch batch;
};

}  // namespace freshet
