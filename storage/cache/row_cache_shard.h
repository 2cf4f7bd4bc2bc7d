// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "storage/cache/row_cache.h"

namespace freshet {

// Of a table, one cache line.
inline constexpr size_t kRowCacheSlotsPerSet = 8;
// Offsets in a ring count so many bytes.
inline constexpr size_t kRowCacheUnit = 8;

// One of the rings of a RowCache; for row_cache.cc only. Find and the others
// are as RowCache says.
class alignas(64) RowCache::Shard {
 public:
  // `sets`: the table of all shards, of which some are of this one.
  void Use(const Sets& sets, char* ring, size_t ring_bytes);

  void PrefetchRow(uint64_t hash) const;
  bool Find(const Key& key, std::string& row, bool wait);
  bool Supersede(uint64_t hash);
  void Offer(const Key& key, std::string_view row);
  void Keep(const Key& key, std::string_view row, bool read);
  bool Drop(const Key& key, std::string* row);
  // Without the lock, which a thread of idle policy may have.
  size_t used() const { return used_.load(std::memory_order_relaxed); }
  // Rows have been in so much of the ring from its start.
  size_t reached() const {
    MutexLock lock(mu_);
    return was_full_ ? size_ : head_;
  }

 private:
  struct Header;
  Header HeaderAt(size_t offset) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // False if whoever has the lock does not run: it is held for a fraction of a
  // microsecond, but by one of idle policy for as long as others want its
  // core.
  bool LockSoon() ABSL_EXCLUSIVE_TRYLOCK_FUNCTION(true, mu_);
  bool Copy(const Key& key, std::string& row)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void CopyAt(size_t offset, std::string& row) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Overwrite(uint64_t* slot) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Without the lock: false if the key's row is surely not here.
  bool MayHave(uint64_t hash) const;
  // `read`: whether it counts as read lately.
  void Insert(const Key& key, std::string_view row, bool read)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool IsAt(size_t offset, const Key& key) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  uint64_t* FindSlot(const Key& key) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // The slot that a new row may have: an empty one, or one whose row was not
  // read, or any.
  uint64_t* ChooseSlot(uint64_t hash) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Whether the row was offered before, and not too many others since.
  bool WasOffered(uint64_t hash) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool HasRoom(size_t bytes) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void MakeRoom(size_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void PassTail(int& moves) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void PrefetchTail() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  mutable Mutex mu_;
  Sets sets_;
  char* ring_ = nullptr;
  size_t size_ = 0;
  // Rows lie in [0, head_), or while wrapped in [tail_, end_) and then
  // [0, head_), with head_ <= tail_.
  size_t tail_ ABSL_GUARDED_BY(mu_) = 0;
  size_t head_ ABSL_GUARDED_BY(mu_) = 0;
  size_t end_ ABSL_GUARDED_BY(mu_) = 0;
  bool wrapped_ ABSL_GUARDED_BY(mu_) = false;
  bool was_full_ ABSL_GUARDED_BY(mu_) = false;
  std::atomic<size_t> used_ = 0;
};

}  // namespace freshet
