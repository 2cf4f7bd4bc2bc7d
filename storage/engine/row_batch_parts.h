// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rocksdb/slice.h>
#include <rocksdb/status.h>

#include <atomic>
#include <cstdint>
#include <vector>

#include "storage/cache/row_cache.h"
#include "storage/row_batch.h"

namespace freshet {

// What is behind RowBatch; for storage/ only. The vectors only grow, so that
// slices keep what they allocated.
struct RowBatch::Parts {
  size_t size = 0;
  size_t needs_disk = 0;
  std::vector<rocksdb::PinnableSlice> rows;
  std::vector<State> states;
  // Of the last LookupCached, also of which layer each key is looked for in.
  std::vector<RowCache::Key> cache_keys;
  std::vector<uint8_t> layers;
  // Whether the cache of live values knew.
  std::vector<bool> found;
};

// What a read of RocksDB came to. One from memory alone that would need the
// disk is "incomplete".
inline RowBatch::State StateOf(const rocksdb::Status& status) {
  using State = RowBatch::State;
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

  void Add(RowBatch::State state) {
    found += state == RowBatch::State::kFound ? 1 : 0;
    needs_disk += state == RowBatch::State::kNeedsDisk ? 1 : 0;
    corrupt += state == RowBatch::State::kCorrupt ? 1 : 0;
  }
};

inline void Count(std::atomic<int64_t>& total, int64_t more) {
  if (more > 0) total.fetch_add(more, std::memory_order_relaxed);
}

}  // namespace freshet
