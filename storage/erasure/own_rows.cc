// SPDX-License-Identifier: Apache-2.0
#include "storage/erasure/own_rows.h"

#include "base/status.h"
#include "storage/engine/layer_parts.h"
#include "storage/engine/rocksdb_status.h"

namespace freshet {

absl::StatusOr<bool> HasOwnRow(const VersionDirectory& version,
                               std::string_view key,
                               StoreResources& resources) {
  ASSIGN_OR_RETURN(const auto layer, OpenLayer(version, /*check_again=*/false,
                                               resources.shared()));
  rocksdb::PinnableSlice row;
  const rocksdb::Status found = layer->db->Get(layer->disk_read, layer->family,
                                               {key.data(), key.size()}, &row);
  if (found.IsNotFound()) return false;
  RETURN_IF_ERROR(FromRocksDb(found, version.dir));
  return true;
}

void DropCachedRow(const Manifest& version, std::string_view key,
                   StoreResources& resources) {
  RowCache& cache = resources.shared().rows;
  if (!cache.enabled()) return;
  cache.Drop(RowCache::MakeKey(LayerNumber(version), key));
}

}  // namespace freshet
