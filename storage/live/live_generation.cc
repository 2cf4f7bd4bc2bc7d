// SPDX-License-Identifier: Apache-2.0
#include "storage/live/live_generation.h"

#include <fmt/format.h>
#include <rocksdb/iterator.h>

#include "base/check.h"
#include "base/failpoint.h"
#include "base/status.h"
#include "storage/engine/rocksdb_status.h"
#include "storage/engine/row_batch_parts.h"
#include "storage/engine/slice_parts.h"
#include "storage/live/live_parts.h"

namespace freshet {
namespace {

using State = RowBatch::State;

constexpr std::string_view kStore = "the live store";

}  // namespace

std::string AboutKey(uint64_t generation) {
  return fmt::format("about-{}", generation);
}

LiveGeneration::Parts::Parts(std::shared_ptr<rocksdb::DB> opened,
                             StoreResources::Shared& resources,
                             std::shared_ptr<LiveCache> values,
                             rocksdb::ColumnFamilyHandle* handle)
    : db(std::move(opened)),
      shared(resources),
      cache(std::move(values)),
      cache_number(LiveCache::NewNumber()),
      family(handle) {
  cached_read.read_tier = rocksdb::kBlockCacheTier;
}

LiveGeneration::Parts::~Parts() {
  // Says only that it was not ours.
  CHECK(db->DestroyColumnFamilyHandle(family).ok());
}

State LiveGeneration::Parts::Read(std::string_view key, bool from_disk,
                                  rocksdb::PinnableSlice& value) const {
  value.Reset();
  return StateOf(db->Get(from_disk ? disk_read : cached_read, family,
                         SliceOf(key), &value));
}

LiveGeneration::LiveGeneration(std::unique_ptr<Parts> parts)
    : parts_(std::move(parts)) {}
LiveGeneration::~LiveGeneration() = default;

uint64_t LiveGeneration::number() const { return parts_->number; }

absl::StatusOr<std::string> LiveGeneration::about() const {
  std::string about;
  const rocksdb::Status status =
      parts_->db->Get(rocksdb::ReadOptions(), AboutKey(parts_->number), &about);
  // Made, and nothing said of it yet: that came to an end between the two.
  if (status.IsNotFound()) return "";
  RETURN_IF_ERROR(FromRocksDb(status, kStore));
  return about;
}

void LiveGeneration::FindInCache(std::span<const std::string_view> keys,
                                 RowBatch& values) const {
  const LiveCache& cache = *parts_->cache;
  RowBatch::Parts& batch = *values.parts_;
  batch.found.assign(keys.size(), false);
  if (!cache.enabled()) return;
  batch.cache_keys.clear();
  for (const std::string_view key : keys) {
    batch.cache_keys.push_back(RowCache::MakeKey(parts_->cache_number, key));
    cache.PrefetchSlot(batch.cache_keys.back());
  }
  for (const RowCache::Key& key : batch.cache_keys) cache.PrefetchValue(key);
  int64_t hits = 0;
  for (size_t i = 0; i < keys.size(); ++i) {
    rocksdb::PinnableSlice& value = batch.rows[i];
    if (!cache.Find(batch.cache_keys[i], *value.GetSelf())) continue;
    value.PinSelf();
    batch.found[i] = true;
    batch.states[i] = value.empty() ? State::kNotFound : State::kFound;
    ++hits;
  }
  Count(parts_->shared.row_hits, hits);
}

State LiveGeneration::Read(std::string_view key, bool from_disk,
                           RowBatch& values, size_t i) const {
  RowBatch::Parts& batch = *values.parts_;
  LiveCache& cache = *parts_->cache;
  if (!cache.enabled()) return parts_->Read(key, from_disk, batch.rows[i]);
  const RowCache::Key& cache_key = batch.cache_keys[i];
  const LiveCache::Ticket ticket = cache.TicketFor(cache_key);
  const State state = parts_->Read(key, from_disk, batch.rows[i]);
  if (state == State::kNotFound) cache.Offer(cache_key, "", ticket);
  if (state == State::kFound) {
    cache.Offer(cache_key, ViewOf(batch.rows[i]), ticket);
  }
  return state;
}

void LiveGeneration::LookupCached(std::span<const std::string_view> keys,
                                  RowBatch& values) const {
  values.Reset(keys.size());
  FindInCache(keys, values);
  RowBatch::Parts& batch = *values.parts_;
  BatchCounts counts;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!batch.found[i]) {
      batch.states[i] = Read(keys[i], /*from_disk=*/false, values, i);
    }
    counts.Add(batch.states[i]);
  }
  batch.needs_disk = static_cast<size_t>(counts.needs_disk);
  Count(parts_->shared.cache_hits, counts.found);
  Count(parts_->shared.corruptions, counts.corrupt);
}

void LiveGeneration::LookupDisk(std::span<const std::string_view> keys,
                                RowBatch& values) const {
  CHECK(values.size() == keys.size());
  RowBatch::Parts& batch = *values.parts_;
  if (batch.needs_disk == 0) return;
  const absl::Status injected = FAILPOINT("read.disk");
  BatchCounts counts;
  for (size_t i = 0; i < keys.size(); ++i) {
    State& state = batch.states[i];
    if (state != State::kNeedsDisk) continue;
    state = injected.ok() ? Read(keys[i], /*from_disk=*/true, values, i)
                          : State::kError;
    // Asked to read, RocksDB never answers "incomplete"; if it did, the key
    // would be put off for ever.
    if (state == State::kNeedsDisk) state = State::kError;
    counts.Add(state);
  }
  Count(parts_->shared.cache_misses, static_cast<int64_t>(batch.needs_disk));
  Count(parts_->shared.corruptions, counts.corrupt);
  batch.needs_disk = 0;
}

absl::Status LiveGeneration::Scan(std::string_view from,
                                  const Visit& visit) const {
  rocksdb::ReadOptions read;
  read.fill_cache = false;  // A whole pass would evict what requests use.
  const std::unique_ptr<rocksdb::Iterator> it(
      parts_->db->NewIterator(read, parts_->family));
  for (it->Seek(SliceOf(from)); it->Valid(); it->Next()) {
    if (!visit(ViewOf(it->key()), ViewOf(it->value()))) break;
  }
  return FromRocksDb(it->status(), "the live store");
}

void LiveGeneration::KeepFrom(TileLevel level, int64_t micros) const {
  parts_->expiry->KeepFrom(level, micros);
}

void LiveGeneration::KeepRowsAfter(std::optional<int64_t> micros) const {
  parts_->expiry->KeepRowsAfter(micros.value_or(LiveExpiry::kEverything));
}

absl::Status LiveGeneration::Compact(std::atomic<bool>* canceled) const {
  rocksdb::CompactRangeOptions options;
  // Else what lies lowest is left as it is.
  options.bottommost_level_compaction =
      rocksdb::BottommostLevelCompaction::kForce;
  // What is written meanwhile is compacted as ever.
  options.exclusive_manual_compaction = false;
  options.canceled = canceled;
  const rocksdb::Status status =
      parts_->db->CompactRange(options, parts_->family, nullptr, nullptr);
  if (canceled != nullptr && canceled->load()) {
    return absl::CancelledError("the live store is not compacted to the end");
  }
  return FromRocksDb(status, kStore);
}

}  // namespace freshet
