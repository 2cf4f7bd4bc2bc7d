// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/options.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/engine/store_shared.h"
#include "storage/manifest.h"
#include "storage/version.h"

namespace freshet {

// The directory of one version, open: a private RocksDB opened read-only. What
// answers for a version is its layer and those of the versions that it is laid
// over, which other versions share. Immutable; for storage/ only.
struct Layer {
  Layer(StoreResources::Shared& store, std::string directory,
        const Manifest& described, std::unique_ptr<rocksdb::DB> opened);
  ~Layer();
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  // Calls `visit` for every row, deleted ones as well, until it returns false.
  absl::Status Scan(
      const std::function<bool(std::string_view key, std::string_view row)>&
          visit) const;
  std::unique_ptr<rocksdb::Iterator> NewScan() const;

  // Fills key_hashes. Blocks.
  absl::Status TakeKeyHashes();

  StoreResources::Shared& shared;
  const std::string dir;
  const Manifest manifest;
  // In the row cache: follows from what the manifest says, so that one that is
  // opened again finds its rows.
  const uint64_t number;
  std::unique_ptr<rocksdb::DB> db;
  int64_t memory_bytes = 0;             // Of indexes, filters and hashes.
  rocksdb::ColumnFamilyHandle* family;  // Owned by `db`.
  rocksdb::ReadOptions cached_read;     // Made once: they are large.
  rocksdb::ReadOptions disk_read;
  std::vector<std::string> first_keys;  // Of each table.
  std::vector<uint64_t> key_hashes;     // Of one with a base.
};

// Of the layer with this manifest: Layer::number.
uint64_t LayerNumber(const Manifest& manifest);

// The one that is open, if it is; else opens it, as Version::Open says.
// `check_again`: also the files of one that is open, which may be damaged
// since.
absl::StatusOr<std::shared_ptr<const Layer>> OpenLayer(
    const VersionDirectory& directory, bool check_again,
    StoreResources::Shared& shared);

}  // namespace freshet
