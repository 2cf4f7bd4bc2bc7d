// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

namespace freshet {

// What all open versions share: block cache, statistics, environment. One per
// process; must outlive every Version. Safe to use from any thread.
class StoreResources {
 public:
  explicit StoreResources(int64_t block_cache_bytes);
  ~StoreResources();
  StoreResources(const StoreResources&) = delete;
  StoreResources& operator=(const StoreResources&) = delete;

  struct Stats {
    int64_t row_cache_bytes = 0;
    int64_t row_cache_capacity_bytes = 0;
    int64_t row_cache_hits = 0;  // Keys that the row cache answered.
    int64_t versions_bytes = 0;  // Version::memory_bytes of all open ones.
    int64_t cache_bytes = 0;     // Of the block cache, as the next.
    int64_t cache_capacity_bytes = 0;
    int64_t cache_hits = 0;     // Keys found without touching the disk, those
                                // in the row cache included.
    int64_t cache_misses = 0;   // Keys for which the disk was read.
    int64_t filter_useful = 0;  // Reads of a block that a filter saved.
    int64_t corruptions = 0;    // Keys whose block failed its checksum.
  };
  Stats stats() const;

  struct Shared;  // RocksDB's objects; for storage/ only.
  Shared& shared() const { return *shared_; }

 private:
  std::unique_ptr<Shared> shared_;
};

}  // namespace freshet
