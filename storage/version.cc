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
#include "storage/engine/rocksdb_status.h"
#include "storage/engine/row_batch_parts.h"
#include "storage/engine/store_shared.h"
#include "storage/engine/version_files.h"
#include "storage/engine/version_parts.h"
#include "storage/file_sum.h"

namespace freshet {
namespace {

using State = RowBatch::State;

constexpr size_t kReadaheadBytes = 2 << 20;
constexpr int64_t kRowsBetweenQuestions = 1024;
// Keys of a version that Prefetch looks at: a batch of more hides its own
// waiting, and what is fetched too early is gone again.
constexpr size_t kAhead = 8;

rocksdb::Slice SliceOf(std::string_view text) {
  return {text.data(), text.size()};
}

std::string_view ViewOf(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

State StateOf(const rocksdb::Status& status) {
  if (status.ok()) return State::kFound;
  if (status.IsNotFound()) return State::kNotFound;
  if (status.IsIncomplete()) return State::kNeedsDisk;
  if (status.IsCorruption()) return State::kCorrupt;
  return State::kError;
}

// So that shared counters are touched once a batch.
struct BatchCounts {
  int64_t found = 0;
  int64_t needs_disk = 0;
  int64_t corrupt = 0;

  void Add(State state) {
    found += state == State::kFound ? 1 : 0;
    needs_disk += state == State::kNeedsDisk ? 1 : 0;
    corrupt += state == State::kCorrupt ? 1 : 0;
  }
};

void Count(std::atomic<int64_t>& total, int64_t more) {
  if (more > 0) total.fetch_add(more, std::memory_order_relaxed);
}

}  // namespace

Version::Version(std::string dir, Manifest manifest,
                 std::unique_ptr<Parts> parts)
    : dir_(std::move(dir)),
      manifest_(std::move(manifest)),
      parts_(std::move(parts)) {}

Version::~Version() = default;

absl::StatusOr<std::unique_ptr<Version>> Version::Open(
    std::string dir, const Manifest& expected, StoreResources& resources) {
  RETURN_IF_ERROR(CheckVersionFiles(dir, expected));
  ASSIGN_OR_RETURN(auto db, OpenVersionDb(dir, expected, resources.shared()));
  auto parts =
      std::make_unique<Parts>(resources.shared(), expected, std::move(db));
  return std::unique_ptr<Version>(
      new Version(std::move(dir), expected, std::move(parts)));
}

void Version::Prefetch(std::span<const std::string_view> keys,
                       Ahead what) const {
  const RowCache& cache = parts_->shared.rows;
  if (!cache.enabled()) return;
  for (const std::string_view text :
       keys.first(std::min(keys.size(), kAhead))) {
    const RowCache::Key key = RowCache::MakeKey(parts_->number, text);
    what == Ahead::kSlots ? cache.PrefetchSlot(key) : cache.PrefetchRow(key);
  }
}

void Version::FindInRowCache(std::span<const std::string_view> keys,
                             RowBatch& rows) const {
  RowCache& cache = parts_->shared.rows;
  if (!cache.enabled()) return;
  RowBatch::Parts& batch = *rows.parts_;
  batch.cache_keys.clear();
  for (const std::string_view key : keys) {
    batch.cache_keys.push_back(RowCache::MakeKey(parts_->number, key));
    cache.PrefetchSlot(batch.cache_keys.back());
  }
  for (const RowCache::Key& key : batch.cache_keys) cache.PrefetchRow(key);
  int64_t hits = 0;
  for (size_t i = 0; i < keys.size(); ++i) {
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
  for (size_t i = 0; i < batch.states.size(); ++i) {
    if (batch.states[i] != State::kNeedsDisk) continue;
    rocksdb::PinnableSlice& row = batch.rows[i];
    row.Reset();
    if (!cache.Find(batch.cache_keys[i], *row.GetSelf(), /*wait=*/true))
      continue;
    row.PinSelf();
    batch.states[i] = State::kFound;
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

// A Get per key: the batched MultiGet reads the disk whatever the tier says,
// and a database of one level has a loop behind it.
void Version::LookupCached(std::span<const std::string_view> keys,
                           RowBatch& rows) const {
  rows.Reset(keys.size());
  RowBatch::Parts& batch = *rows.parts_;
  FindInRowCache(keys, rows);
  BatchCounts counts;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (batch.states[i] != State::kFound) {
      batch.states[i] =
          StateOf(parts_->db->Get(parts_->cached_read, parts_->family,
                                  SliceOf(keys[i]), &batch.rows[i]));
      OfferToRowCache(rows, i);
    }
    counts.Add(batch.states[i]);
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
    state = injected.ok()
                ? StateOf(parts_->db->Get(parts_->disk_read, parts_->family,
                                          SliceOf(keys[i]), &batch.rows[i]))
                : State::kError;
    // Asked to read, RocksDB never answers "incomplete"; if it did, the key
    // would be put off for ever.
    if (state == State::kNeedsDisk) state = State::kError;
    counts.Add(state);
    OfferToRowCache(rows, i);
  }
  Count(parts_->shared.cache_misses, static_cast<int64_t>(batch.needs_disk));
  Count(parts_->shared.corruptions, counts.corrupt);
  Count(parts_->corrupt_reads, counts.corrupt);
  batch.needs_disk = 0;
}

absl::Status Version::Warm() const {
  for (const std::string& key : parts_->first_keys) {
    rocksdb::PinnableSlice row;
    const rocksdb::Status status =
        parts_->db->Get(parts_->disk_read, parts_->family, key, &row);
    if (status.IsNotFound()) {
      return DataLoss("'{}': the first key of a table is not found", dir_);
    }
    RETURN_IF_ERROR(FromRocksDb(status, dir_));
  }
  return absl::OkStatus();
}

absl::Status Version::Verify(const std::function<bool()>& keep_going) const {
  RETURN_IF_ERROR(CheckVersionFiles(dir_, manifest_));
  for (const ManifestFile& file : manifest_.files) {
    ASSIGN_OR_RETURN(const uint64_t sum,
                     FileSum(dir_ + "/" + file.name, 0, keep_going));
    if (sum != file.xxh3) {
      return DataLoss("'{}/{}' has the checksum {:016x}, expected {:016x}",
                      dir_, file.name, sum, file.xxh3);
    }
  }
  int64_t rows = 0;
  uint64_t rows_sum = 0;
  bool cancelled = false;
  RETURN_IF_ERROR(Scan([&](std::string_view key, std::string_view row) {
    rows_sum += RowSum(key, row);
    cancelled = ++rows % kRowsBetweenQuestions == 0 && !keep_going();
    return !cancelled;
  }));
  if (cancelled) return Cancelled("verifying '{}'", dir_);
  if (rows == manifest_.rows && rows_sum == manifest_.rows_sum) {
    return absl::OkStatus();
  }
  return DataLoss(
      "'{}' holds {} rows with the sum {:016x}, its manifest says {} with "
      "{:016x}",
      dir_, rows, rows_sum, manifest_.rows, manifest_.rows_sum);
}

absl::Status Version::Scan(
    const std::function<bool(std::string_view key, std::string_view row)>&
        visit) const {
  RETURN_IF_ERROR(FAILPOINT("read.scan"));
  rocksdb::ReadOptions read;
  read.fill_cache = false;  // A whole pass would evict what requests use.
  read.readahead_size = kReadaheadBytes;
  const std::unique_ptr<rocksdb::Iterator> it(
      parts_->db->NewIterator(read, parts_->family));
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    if (!visit(ViewOf(it->key()), ViewOf(it->value()))) break;
  }
  return FromRocksDb(it->status(), dir_);
}

Version::Stats Version::stats() const {
  return {
      .memory_bytes = parts_->memory_bytes,
      .corrupt_reads = parts_->corrupt_reads.load(std::memory_order_relaxed)};
}

}  // namespace freshet
