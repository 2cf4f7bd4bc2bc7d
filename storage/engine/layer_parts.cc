// SPDX-License-Identifier: Apache-2.0
#include "storage/engine/layer_parts.h"

#include <rocksdb/iterator.h>

#include <utility>

#include "base/check.h"
#include "base/failpoint.h"
#include "base/hash.h"
#include "base/status.h"
#include "storage/engine/rocksdb_status.h"
#include "storage/engine/slice_parts.h"
#include "storage/engine/version_files.h"

namespace freshet {
namespace {

constexpr size_t kReadaheadBytes = 2 << 20;

}  // namespace

Layer::Layer(StoreResources::Shared& store, std::string directory,
             const Manifest& described, std::unique_ptr<rocksdb::DB> opened)
    : shared(store),
      dir(std::move(directory)),
      manifest(described),
      number(LayerNumber(manifest)),
      db(std::move(opened)),
      family(db->DefaultColumnFamily()) {
  cached_read.read_tier = rocksdb::kBlockCacheTier;
  std::vector<rocksdb::LiveFileMetaData> files;
  db->GetLiveFilesMetaData(&files);
  for (const auto& file : files) first_keys.push_back(file.smallestkey);
  uint64_t bytes = 0;
  const bool known = db->GetIntProperty(
      rocksdb::DB::Properties::kEstimateTableReadersMem, &bytes);
  CHECK(known);
  memory_bytes = static_cast<int64_t>(bytes);
  shared.versions_bytes.fetch_add(memory_bytes);
}

Layer::~Layer() { shared.versions_bytes.fetch_sub(memory_bytes); }

std::unique_ptr<rocksdb::Iterator> Layer::NewScan() const {
  rocksdb::ReadOptions read;
  read.fill_cache = false;  // A whole pass would evict what requests use.
  read.readahead_size = kReadaheadBytes;
  return std::unique_ptr<rocksdb::Iterator>(db->NewIterator(read, family));
}

absl::Status Layer::Scan(
    const std::function<bool(std::string_view key, std::string_view row)>&
        visit) const {
  RETURN_IF_ERROR(FAILPOINT("read.scan"));
  const std::unique_ptr<rocksdb::Iterator> it = NewScan();
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    if (!visit(ViewOf(it->key()), ViewOf(it->value()))) break;
  }
  return FromRocksDb(it->status(), dir);
}

absl::Status Layer::TakeKeyHashes() {
  key_hashes.reserve(static_cast<size_t>(manifest.rows));
  RETURN_IF_ERROR(Scan([&](std::string_view key, std::string_view) {
    key_hashes.push_back(Xxh3(key));
    return true;
  }));
  const auto bytes = static_cast<int64_t>(key_hashes.size() * sizeof(uint64_t));
  memory_bytes += bytes;
  shared.versions_bytes.fetch_add(bytes);
  return absl::OkStatus();
}

uint64_t LayerNumber(const Manifest& manifest) {
  return Xxh3(SerializeManifest(manifest));
}

absl::StatusOr<std::shared_ptr<const Layer>> OpenLayer(
    const VersionDirectory& directory, bool check_again,
    StoreResources::Shared& shared) {
  const auto& [dir, expected] = directory;
  std::shared_ptr<const Layer> open;
  {
    MutexLock lock(shared.layers_mu);
    const auto known = shared.layers.find(dir);
    if (known != shared.layers.end()) open = known->second.lock();
  }
  const bool is_open = open != nullptr && open->manifest == expected;
  if (!is_open || check_again) {
    RETURN_IF_ERROR(CheckVersionFiles(dir, expected));
  }
  if (is_open) return open;
  ASSIGN_OR_RETURN(auto db, OpenVersionDb(dir, expected, shared));
  auto layer = std::make_shared<Layer>(shared, dir, expected, std::move(db));
  if (expected.base > 0) RETURN_IF_ERROR(layer->TakeKeyHashes());
  MutexLock lock(shared.layers_mu);
  std::erase_if(shared.layers,
                [](const auto& entry) { return entry.second.expired(); });
  shared.layers[dir] = layer;
  return layer;
}

}  // namespace freshet
