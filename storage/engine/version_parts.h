// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/options.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/engine/store_shared.h"
#include "storage/version.h"

namespace freshet {

// What is behind Version; for storage/ only.
struct Version::Parts {
  Parts(StoreResources::Shared& store, const Manifest& manifest,
        std::unique_ptr<rocksdb::DB> opened);
  ~Parts();
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  StoreResources::Shared& shared;
  // In the row cache: follows from what the version is, so that one that is
  // opened again finds its rows.
  const uint64_t number;
  std::unique_ptr<rocksdb::DB> db;
  int64_t memory_bytes = 0;             // Of indexes and filters.
  rocksdb::ColumnFamilyHandle* family;  // Owned by `db`.
  rocksdb::ReadOptions cached_read;     // Made once: they are large.
  rocksdb::ReadOptions disk_read;
  std::vector<std::string> first_keys;  // Of each table.
  std::atomic<int64_t> corrupt_reads{0};
};

}  // namespace freshet
