// SPDX-License-Identifier: Apache-2.0
#include "storage/version.h"

#include <rocksdb/db.h>
#include <rocksdb/iterator.h>
#include <rocksdb/options.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/failpoint.h"
#include "base/status.h"
#include "features/row_codec.h"
#include "storage/engine/layer_map.h"
#include "storage/engine/layer_parts.h"
#include "storage/engine/merged_layers.h"
#include "storage/engine/rocksdb_status.h"
#include "storage/engine/row_batch_parts.h"
#include "storage/engine/slice_parts.h"
#include "storage/engine/store_shared.h"
#include "storage/engine/version_parts.h"
#include "storage/file_sum.h"

namespace freshet {
namespace {

using State = RowBatch::State;

constexpr int64_t kRowsBetweenQuestions = 1024;
// Keys of a version that Prefetch looks at: a batch of more hides its own
// waiting, and what is fetched too early is gone again.
constexpr size_t kAhead = 8;

// Of a row that was found.
State StateOf(const rocksdb::PinnableSlice& row) {
  return IsDeletedRow(ViewOf(row)) ? State::kDeleted : State::kFound;
}

absl::Status VerifyLayer(const Layer& layer,
                         const std::function<bool()>& keep_going) {
  const Manifest& manifest = layer.manifest;
  RETURN_IF_ERROR(CheckVersionFiles(layer.dir, manifest));
  for (const ManifestFile& file : manifest.files) {
    ASSIGN_OR_RETURN(const uint64_t sum,
                     FileSum(layer.dir + "/" + file.name, 0, keep_going));
    if (sum != file.xxh3) {
      return DataLoss("'{}/{}' has the checksum {:016x}, expected {:016x}",
                      layer.dir, file.name, sum, file.xxh3);
    }
  }
  int64_t rows = 0;
  uint64_t rows_sum = 0;
  bool cancelled = false;
  RETURN_IF_ERROR(layer.Scan([&](std::string_view key, std::string_view row) {
    rows_sum += RowSum(key, row);
    cancelled = ++rows % kRowsBetweenQuestions == 0 && !keep_going();
    return !cancelled;
  }));
  if (cancelled) return Cancelled("verifying '{}'", layer.dir);
  if (rows == manifest.rows && rows_sum == manifest.rows_sum) {
    return absl::OkStatus();
  }
  return DataLoss(
      "'{}' holds {} rows with the sum {:016x}, its manifest says {} with "
      "{:016x}",
      layer.dir, rows, rows_sum, manifest.rows, manifest.rows_sum);
}

}  // namespace

Version::Version(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Version::~Version() = default;

const Manifest& Version::manifest() const {
  return parts_->layers.front()->manifest;
}

int64_t WholeUntilMicros(const Version& version) {
  return version.parts_->layers.back()->manifest.WholeUntilMicros();
}

bool IsOpened(const Version& version, const VersionChain& chain) {
  const auto& layers = version.parts_->layers;
  return std::equal(chain.layers.begin(), chain.layers.end(), layers.begin(),
                    layers.end(),
                    [](const auto& one, const auto& layer) {
                      return one.dir == layer->dir &&
                             one.expected == layer->manifest;
                    }) &&
         chain.forgotten == version.parts_->forgotten.keys();
}

absl::StatusOr<std::unique_ptr<Version>> Version::Open(
    std::string dir, const Manifest& expected, StoreResources& resources) {
  return Open({.layers = {{std::move(dir), expected}}, .forgotten = {}},
              resources);
}

absl::StatusOr<std::unique_ptr<Version>> Version::Open(
    const VersionChain& versions, StoreResources& resources) {
  const std::vector<VersionDirectory>& chain = versions.layers;
  CHECK(!chain.empty());
  if (chain.size() > LayerMap::kLayersMax) {
    return Internal("'{}' is laid over {} versions, at most {} can be",
                    chain.front().dir, chain.size() - 1,
                    LayerMap::kLayersMax - 1);
  }
  std::vector<std::shared_ptr<const Layer>> layers;
  for (size_t i = 0; i < chain.size(); ++i) {
    const Manifest& manifest = chain[i].expected;
    const int64_t base =
        i + 1 < chain.size() ? chain[i + 1].expected.version : 0;
    if (manifest.base != base ||
        manifest.schema != chain.front().expected.schema) {
      return Internal("'{}' is not laid over version {} with its schema",
                      chain[i].dir, base);
    }
    ASSIGN_OR_RETURN(auto layer, OpenLayer(chain[i], /*check_again=*/i == 0,
                                           resources.shared()));
    layers.push_back(std::move(layer));
  }
  auto parts = std::make_unique<Parts>(resources.shared(), std::move(layers),
                                       versions.forgotten);
  return std::unique_ptr<Version>(new Version(std::move(parts)));
}

void Version::Prefetch(std::span<const std::string_view> keys,
                       Ahead what) const {
  const RowCache& cache = parts_->shared.rows;
  if (!cache.enabled()) return;
  for (const std::string_view text :
       keys.first(std::min(keys.size(), kAhead))) {
    const Layer& layer = *parts_->layers[parts_->LayerOf(text)];
    const RowCache::Key key = RowCache::MakeKey(layer.number, text);
    what == Ahead::kSlots ? cache.PrefetchSlot(key) : cache.PrefetchRow(key);
  }
}

void Version::FindInRowCache(std::span<const std::string_view> keys,
                             RowBatch& rows) const {
  RowCache& cache = parts_->shared.rows;
  RowBatch::Parts& batch = *rows.parts_;
  batch.layers.clear();
  for (const std::string_view key : keys) {
    batch.layers.push_back(static_cast<uint8_t>(parts_->LayerOf(key)));
  }
  if (!cache.enabled()) return;
  batch.cache_keys.clear();
  for (size_t i = 0; i < keys.size(); ++i) {
    const Layer& layer = *parts_->layers[batch.layers[i]];
    batch.cache_keys.push_back(RowCache::MakeKey(layer.number, keys[i]));
    cache.PrefetchSlot(batch.cache_keys.back());
  }
  for (const RowCache::Key& key : batch.cache_keys) cache.PrefetchRow(key);
  int64_t hits = 0;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (parts_->Hides(keys[i], batch.layers[i])) continue;
    rocksdb::PinnableSlice& row = batch.rows[i];
    if (!cache.Find(batch.cache_keys[i], *row.GetSelf())) continue;
    row.PinSelf();
    batch.states[i] = State::kFound;
    ++hits;
  }
  Count(parts_->shared.row_hits, hits);
}

// LookupCached passes rows by that it would have had to wait for.
void Version::FindPassedBy(RowBatch& rows) const {
  RowCache& cache = parts_->shared.rows;
  if (!cache.enabled()) return;
  RowBatch::Parts& batch = *rows.parts_;
  int64_t hits = 0;
  for (size_t i = 0; i < batch.size; ++i) {
    if (batch.states[i] != State::kNeedsDisk) continue;
    rocksdb::PinnableSlice& row = batch.rows[i];
    row.Reset();
    if (!cache.Find(batch.cache_keys[i], *row.GetSelf(), /*wait=*/true))
      continue;
    row.PinSelf();
    batch.states[i] = StateOf(row);
    ++hits;
  }
  batch.needs_disk -= static_cast<size_t>(hits);
  Count(parts_->shared.row_hits, hits);
  Count(parts_->shared.cache_hits, hits);
}

void Version::OfferToRowCache(RowBatch& rows, size_t i) const {
  const RowBatch::Parts& batch = *rows.parts_;
  RowCache& cache = parts_->shared.rows;
  if (!cache.enabled() || batch.states[i] != State::kFound) return;
  const rocksdb::PinnableSlice& row = batch.rows[i];
  cache.Offer(batch.cache_keys[i], {row.data(), row.size()});
}

// From the layer that may have the key down to one that has it: two keys may
// have one hash. Where its rows do not count, those beneath do not either.
State Version::Read(std::string_view key, RowBatch& rows, size_t i,
                    bool from_disk) const {
  RowBatch::Parts& batch = *rows.parts_;
  for (uint8_t& at = batch.layers[i];;) {
    if (parts_->Hides(key, at)) return State::kNotFound;
    const Layer& layer = *parts_->layers[at];
    const State state =
        StateOf(layer.db->Get(from_disk ? layer.disk_read : layer.cached_read,
                              layer.family, SliceOf(key), &batch.rows[i]));
    if (state != State::kNotFound || at + 1U == parts_->layers.size()) {
      return state;
    }
    ++at;
    if (parts_->shared.rows.enabled()) {
      batch.cache_keys[i] = RowCache::MakeKey(parts_->layers[at]->number, key);
    }
  }
}

// A Get per key: the batched MultiGet reads the disk whatever the tier says,
// and a database of one level has a loop behind it.
void Version::LookupCached(std::span<const std::string_view> keys,
                           RowBatch& rows) const {
  rows.Reset(keys.size());
  RowBatch::Parts& batch = *rows.parts_;
  FindInRowCache(keys, rows);
  BatchCounts counts;
  for (size_t i = 0; i < keys.size(); ++i) {
    State& state = batch.states[i];
    if (state != State::kFound) {
      state = Read(keys[i], rows, i, /*from_disk=*/false);
      OfferToRowCache(rows, i);
    }
    counts.Add(state);
    if (state == State::kFound) state = StateOf(batch.rows[i]);
  }
  batch.needs_disk = static_cast<size_t>(counts.needs_disk);
  Count(parts_->shared.cache_hits, counts.found);
  Count(parts_->shared.corruptions, counts.corrupt);
  Count(parts_->corrupt_reads, counts.corrupt);
}

void Version::LookupDisk(std::span<const std::string_view> keys,
                         RowBatch& rows) const {
  CHECK(rows.size() == keys.size());
  RowBatch::Parts& batch = *rows.parts_;
  FindPassedBy(rows);
  if (batch.needs_disk == 0) return;
  const absl::Status injected = FAILPOINT("read.disk");
  BatchCounts counts;
  for (size_t i = 0; i < keys.size(); ++i) {
    State& state = batch.states[i];
    if (state != State::kNeedsDisk) continue;
    batch.rows[i].Reset();
    state = injected.ok() ? Read(keys[i], rows, i, /*from_disk=*/true)
                          : State::kError;
    // Asked to read, RocksDB never answers "incomplete"; if it did, the key
    // would be put off for ever.
    if (state == State::kNeedsDisk) state = State::kError;
    counts.Add(state);
    OfferToRowCache(rows, i);
    if (state == State::kFound) state = StateOf(batch.rows[i]);
  }
  Count(parts_->shared.cache_misses, static_cast<int64_t>(batch.needs_disk));
  Count(parts_->shared.corruptions, counts.corrupt);
  Count(parts_->corrupt_reads, counts.corrupt);
  batch.needs_disk = 0;
}

absl::Status Version::Warm() const {
  for (const auto& layer : parts_->layers) {
    for (const std::string& key : layer->first_keys) {
      rocksdb::PinnableSlice row;
      const rocksdb::Status status =
          layer->db->Get(layer->disk_read, layer->family, key, &row);
      if (status.IsNotFound()) {
        return DataLoss("'{}': the first key of a table is not found",
                        layer->dir);
      }
      RETURN_IF_ERROR(FromRocksDb(status, layer->dir));
    }
  }
  return absl::OkStatus();
}

absl::Status Version::Verify(const std::function<bool()>& keep_going) const {
  for (const auto& layer : parts_->layers) {
    RETURN_IF_ERROR(VerifyLayer(*layer, keep_going));
  }
  return absl::OkStatus();
}

absl::Status Version::Scan(const Visit& visit,
                           const ScanOptions& options) const {
  const auto take = [&](std::string_view key, std::string_view row,
                        size_t layer) {
    if (!options.with_deleted && IsDeletedRow(row)) return true;
    return parts_->Hides(key, layer) || visit(key, row);
  };
  const auto layers =
      std::span(parts_->layers)
          .first(options.newest.value_or(parts_->layers.size()));
  if (layers.size() == 1) {
    return layers.front()->Scan(
        [&](std::string_view key, std::string_view row) {
          return take(key, row, 0);
        });
  }
  RETURN_IF_ERROR(FAILPOINT("read.scan"));
  MergedLayers merged(layers);
  for (; merged.Valid(); merged.Next()) {
    const size_t layer = parts_->forgotten.keys().empty() ? 0 : merged.layer();
    if (!take(merged.key(), merged.row(), layer)) break;
  }
  return merged.status();
}

Version::Stats Version::stats() const {
  int64_t memory = parts_->map.bytes();
  for (const auto& layer : parts_->layers) memory += layer->memory_bytes;
  return {
      .memory_bytes = memory,
      .corrupt_reads = parts_->corrupt_reads.load(std::memory_order_relaxed)};
}

}  // namespace freshet
