// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "storage/cache/memory.h"

namespace freshet {

// Rows that were asked for lately, found without RocksDB: a hit costs a hash
// and a copy instead of a filter, an index and a block. Rows of all versions
// share it; a closed version's rows age out, and until then are found again if
// it is opened again. Never stale: a version is immutable, and its number
// follows from all that its manifest says; of live values LiveCache sees to it.
// Safe to use from any thread.
//
// Each shard is a ring of rows in the order in which they came, and a table
// that finds them. The row at the ring's end goes, unless it was read since it
// came there: then it goes to the front once more (the CLOCK policy; Corbato,
// 1968). A full cache takes only a row that was asked for twice lately, so
// that a scan does not empty it (the doorkeeper of TinyLFU; Einziger, 2017).
class RowCache {
 public:
  // Takes memory ahead of what fills it, on a thread of its own: of
  // `capacity_bytes` 6 % for its tables at once, then up to 2.3 MiB of each of
  // 64 shards more than there are rows. 0: keeps none.
  explicit RowCache(int64_t capacity_bytes);
  ~RowCache();
  RowCache(const RowCache&) = delete;
  RowCache& operator=(const RowCache&) = delete;

  // A key of one version, with its hash.
  struct Key {
    uint64_t version = 0;
    std::string_view key;
    uint64_t hash = 0;
  };
  static Key MakeKey(uint64_t version, std::string_view key);

  // The rest requires it.
  bool enabled() const { return shards_ != nullptr; }

  // Brings what Find will read closer to the processor. For a batch: first all
  // keys by PrefetchSlot, then all by PrefetchRow, then Find.
  void PrefetchSlot(const Key& key) const;
  void PrefetchRow(const Key& key) const;

  // Copies the row into `row`. False if it is not here, or unless `wait` if
  // that would mean to wait for a thread that has its lock and does not run.
  bool Find(const Key& key, std::string& row, bool wait = false);
  // Keeps a copy, if the row is worth it and it means no waiting.
  void Offer(const Key& key, std::string_view row);

  // Whether the key's row is likely here; if so, it counts as not read lately
  // from here on. Takes no lock; one in 200 million other keys looks the same.
  bool Supersede(const Key& key);
  // Keeps a copy of a row that is known to be worth it; `read`: as one that was
  // read since. May wait.
  void Keep(const Key& key, std::string_view row, bool read = true);

  // Overwrites the row and the key; false if they are not here. `row`, where
  // given, has a copy. May wait.
  bool Drop(const Key& key, std::string* row = nullptr);

  int64_t used_bytes() const;  // Of rows.

 private:
  class Shard;
  // The tables that find rows, of all shards one behind the other.
  struct Sets {
    uint64_t* slots = nullptr;
    uint16_t* offered = nullptr;  // Tags of what came to a full cache.
    size_t count = 0;

    uint64_t* Of(uint64_t hash) const;
  };
  Shard& ShardOf(uint64_t hash) const;
  void TakeAhead();
  bool TakeAll(Memory& memory);                     // False: stop.
  bool WaitToTake(std::chrono::milliseconds time);  // False: stop.

  Sets sets_;
  std::unique_ptr<Memory> slots_;
  std::unique_ptr<Memory> offered_;
  std::unique_ptr<Memory> rings_;
  size_t ring_bytes_ = 0;  // Of one shard.
  std::unique_ptr<Shard[]> shards_;
  Mutex taker_mu_;
  CondVar stopped_;
  bool stop_ ABSL_GUARDED_BY(taker_mu_) = false;
  std::thread taker_;
};

}  // namespace freshet
