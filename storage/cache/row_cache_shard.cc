// SPDX-License-Identifier: Apache-2.0
#include "storage/cache/row_cache_shard.h"

#include <atomic>
#include <cstring>

namespace freshet {
namespace {

constexpr size_t kUnit = kRowCacheUnit;
constexpr size_t kSlotsPerSet = kRowCacheSlotsPerSet;
// No row takes more than this share of a shard.
constexpr size_t kRowShare = 16;
// How many rows an Offer moves to the front before it drops one that was read:
// bounds what one request pays.
constexpr int kMovesMax = 16;
// Of so many rows that the next Insert may pass, the sets are brought near:
// waiting for them was 30 % of what InheritRowCache took, with the lock held.
constexpr size_t kTailAhead = 4;
// How often a request tries to take a lock, a microsecond or two in all.
constexpr int kTriesMax = 64;
// What a lookup reads of a row before the processor has seen that it goes on:
// header, key and some 20 numbers.
constexpr size_t kPrefetchBytes = 256;

// A slot: whether the row was read lately, 31 bits of its hash, and where it
// lies in units, plus one. 0: empty.
constexpr uint64_t kRead = uint64_t{1} << 63;

// The highest bits of a hash choose shard and set, so the tag is of the lowest.
uint64_t TagOf(uint64_t hash) { return (hash << 33 >> 1); }
uint64_t SlotOf(uint64_t hash, size_t offset) {
  return TagOf(hash) | (offset / kUnit + 1);
}
bool HasTagOf(uint64_t slot, uint64_t hash) {
  return slot != 0 && ((slot ^ TagOf(hash)) & ~kRead) >> 32 == 0;
}
size_t OffsetOf(uint64_t slot) { return ((slot & 0xffffffff) - 1) * kUnit; }

// A number below `count` by the highest bits: a division would cost more
// (Lemire, "Fast Random Integer Generation in an Interval", 2019).
size_t Share(uint64_t hash, size_t count) {
  return static_cast<size_t>(static_cast<unsigned __int128>(hash) * count >>
                             64);
}

// Slots are read without the lock by PrefetchRow, and by Supersede, which may
// take kRead from one.
uint64_t Load(uint64_t& slot) {
  return std::atomic_ref(slot).load(std::memory_order_relaxed);
}
void Store(uint64_t& slot, uint64_t value) {
  std::atomic_ref(slot).store(value, std::memory_order_relaxed);
}

// Tells the processor that this is a loop that waits.
void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

}  // namespace

// Lies before key and row in the ring.
struct RowCache::Shard::Header {
  uint64_t hash;
  uint64_t version;
  uint32_t key_size;
  uint32_t row_size;

  size_t ring_bytes() const {
    const size_t bytes = sizeof(Header) + size_t{key_size} + row_size;
    return (bytes + kUnit - 1) / kUnit * kUnit;
  }
};

uint64_t* RowCache::Sets::Of(uint64_t hash) const {
  return &slots[Share(hash, count) * kSlotsPerSet];
}

RowCache::Shard::Header RowCache::Shard::HeaderAt(size_t offset) const {
  Header header;
  std::memcpy(&header, &ring_[offset], sizeof(header));
  return header;
}

void RowCache::Shard::Use(const Sets& sets, char* ring, size_t ring_bytes) {
  sets_ = sets;
  ring_ = ring;
  size_ = ring_bytes;
}

void RowCache::Shard::PrefetchRow(uint64_t hash) const {
  uint64_t* set = sets_.Of(hash);
  for (size_t i = 0; i < kSlotsPerSet; ++i) {
    const uint64_t slot = Load(set[i]);
    if (!HasTagOf(slot, hash)) continue;
    const char* row = &ring_[OffsetOf(slot)];
    for (size_t at = 0; at < kPrefetchBytes; at += 64) {
      __builtin_prefetch(row + at);
    }
  }
}

bool RowCache::Shard::IsAt(size_t offset, const Key& key) const {
  const Header header = HeaderAt(offset);
  return header.version == key.version && header.key_size == key.key.size() &&
         std::memcmp(&ring_[offset + sizeof(Header)], key.key.data(),
                     key.key.size()) == 0;
}

uint64_t* RowCache::Shard::FindSlot(const Key& key) const {
  uint64_t* set = sets_.Of(key.hash);
  for (size_t i = 0; i < kSlotsPerSet; ++i) {
    const uint64_t slot = Load(set[i]);
    if (HasTagOf(slot, key.hash) && IsAt(OffsetOf(slot), key)) return &set[i];
  }
  return nullptr;
}

bool RowCache::Shard::LockSoon() {
  for (int i = 0; i < kTriesMax; ++i) {
    if (mu_.TryLock()) return true;
    Pause();
  }
  return false;
}

bool RowCache::Shard::Find(const Key& key, std::string& row, bool wait) {
  if (wait) {
    mu_.Lock();
  } else if (!LockSoon()) {
    return false;
  }
  const bool found = Copy(key, row);
  mu_.Unlock();
  return found;
}

bool RowCache::Shard::Copy(const Key& key, std::string& row) {
  uint64_t* slot = FindSlot(key);
  if (slot == nullptr) return false;
  const uint64_t value = Load(*slot);
  if ((value & kRead) == 0) Store(*slot, value | kRead);
  CopyAt(OffsetOf(value), row);
  return true;
}

void RowCache::Shard::CopyAt(size_t offset, std::string& row) const {
  const Header header = HeaderAt(offset);
  row.assign(&ring_[offset + sizeof(Header) + header.key_size],
             header.row_size);
}

bool RowCache::Shard::Supersede(uint64_t hash) {
  uint64_t* set = sets_.Of(hash);
  for (size_t i = 0; i < kSlotsPerSet; ++i) {
    uint64_t slot = Load(set[i]);
    if (!HasTagOf(slot, hash)) continue;
    // Fails if it was changed meanwhile under the lock, which is as good.
    std::atomic_ref(set[i]).compare_exchange_strong(slot, slot & ~kRead,
                                                    std::memory_order_relaxed);
    return true;
  }
  return false;
}

void RowCache::Shard::Offer(const Key& key, std::string_view row) {
  if (!LockSoon()) return;
  if (!was_full_ || WasOffered(key.hash)) Insert(key, row, /*read=*/false);
  mu_.Unlock();
}

void RowCache::Shard::Keep(const Key& key, std::string_view row, bool read) {
  MutexLock lock(mu_);
  Insert(key, row, read);
}

bool RowCache::Shard::MayHave(uint64_t hash) const {
  uint64_t* set = sets_.Of(hash);
  for (size_t i = 0; i < kSlotsPerSet; ++i) {
    if (HasTagOf(Load(set[i]), hash)) return true;
  }
  return false;
}

bool RowCache::Shard::Drop(const Key& key, std::string* row) {
  if (!MayHave(key.hash)) return false;
  MutexLock lock(mu_);
  uint64_t* slot = FindSlot(key);
  if (slot == nullptr) return false;
  if (row != nullptr) CopyAt(OffsetOf(Load(*slot)), *row);
  Overwrite(slot);
  return true;
}

// Its room in the ring stays taken until it is the ring's end. What a row left
// there when it was moved to the front is not looked for.
void RowCache::Shard::Overwrite(uint64_t* slot) {
  const size_t offset = OffsetOf(Load(*slot));
  const Header header = HeaderAt(offset);
  std::memset(&ring_[offset + sizeof(Header)], 0,
              size_t{header.key_size} + header.row_size);
  Store(*slot, 0);
}

void RowCache::Shard::Insert(const Key& key, std::string_view row, bool read) {
  const Header header = {.hash = key.hash,
                         .version = key.version,
                         .key_size = static_cast<uint32_t>(key.key.size()),
                         .row_size = static_cast<uint32_t>(row.size())};
  const size_t bytes = header.ring_bytes();
  if (bytes > size_ / kRowShare) return;
  if (uint64_t* slot = FindSlot(key); slot != nullptr) {
    if (read) Store(*slot, Load(*slot) | kRead);
    return;  // Another request was faster, or it is left from before.
  }
  MakeRoom(bytes);
  std::memcpy(&ring_[head_], &header, sizeof(header));
  std::memcpy(&ring_[head_ + sizeof(header)], key.key.data(), key.key.size());
  std::memcpy(&ring_[head_ + sizeof(header) + key.key.size()], row.data(),
              row.size());
  Store(*ChooseSlot(key.hash), SlotOf(key.hash, head_) | (read ? kRead : 0));
  head_ += bytes;
  used_.store(wrapped_ ? end_ - tail_ + head_ : head_,
              std::memory_order_relaxed);
  PrefetchTail();
}

uint64_t* RowCache::Shard::ChooseSlot(uint64_t hash) const {
  uint64_t* set = sets_.Of(hash);
  uint64_t* unread = nullptr;
  for (size_t i = 0; i < kSlotsPerSet; ++i) {
    const uint64_t slot = Load(set[i]);
    if (slot == 0) return &set[i];
    if ((slot & kRead) == 0) unread = &set[i];
  }
  // The row that had the slot stays in the ring until its end, unfindable.
  return unread != nullptr ? unread : &set[hash % kSlotsPerSet];
}

bool RowCache::Shard::WasOffered(uint64_t hash) {
  uint16_t& tag = sets_.offered[Share(hash, sets_.count * kSlotsPerSet)];
  const auto wanted = static_cast<uint16_t>(hash | 1);
  const bool was = tag == wanted;
  tag = was ? 0 : wanted;
  return was;
}

bool RowCache::Shard::HasRoom(size_t bytes) const {
  return (wrapped_ ? tail_ : size_) - head_ >= bytes;
}

void RowCache::Shard::MakeRoom(size_t bytes) {
  int moves = 0;
  while (!HasRoom(bytes)) {
    if (wrapped_) {
      PassTail(moves);
      continue;
    }
    was_full_ = true;
    end_ = head_;
    head_ = 0;
    wrapped_ = true;
  }
}

// Drops the row at the tail, or moves it to the head if it was read.
void RowCache::Shard::PassTail(int& moves) {
  const Header header = HeaderAt(tail_);
  const size_t bytes = header.ring_bytes();
  uint64_t* set = sets_.Of(header.hash);
  for (size_t i = 0; i < kSlotsPerSet; ++i) {
    const uint64_t slot = Load(set[i]);
    if (slot == 0 || OffsetOf(slot) != tail_) continue;
    if ((slot & kRead) != 0 && moves < kMovesMax) {
      ++moves;
      std::memmove(&ring_[head_], &ring_[tail_], bytes);
      Store(set[i], SlotOf(header.hash, head_));
      head_ += bytes;
    } else {
      Store(set[i], 0);
    }
    break;
  }
  tail_ += bytes;
  if (tail_ == end_) {
    tail_ = 0;
    wrapped_ = false;
  }
}

void RowCache::Shard::PrefetchTail() const {
  if (!wrapped_) return;
  size_t at = tail_;
  for (size_t i = 0; i < kTailAhead && at < end_; ++i) {
    const Header header = HeaderAt(at);
    __builtin_prefetch(sets_.Of(header.hash), /*write=*/1);
    at += header.ring_bytes();
  }
}

}  // namespace freshet
