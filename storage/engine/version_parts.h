// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/options.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/engine/store_shared.h"
#include "storage/version.h"

namespace freshet {

// What is behind Version; for storage/ only.
struct Version::Parts {
  Parts(StoreResources::Shared& store, std::unique_ptr<rocksdb::DB> opened);

  StoreResources::Shared& shared;
  std::unique_ptr<rocksdb::DB> db;
  rocksdb::ColumnFamilyHandle* family;  // Owned by `db`.
  rocksdb::ReadOptions cached_read;     // Made once: they are large.
  rocksdb::ReadOptions disk_read;
  std::vector<std::string> first_keys;  // Of each table.
};

}  // namespace freshet
