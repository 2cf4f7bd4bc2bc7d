// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rocksdb/slice.h>

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
};

}  // namespace freshet
