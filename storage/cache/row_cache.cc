// SPDX-License-Identifier: Apache-2.0
#include "storage/cache/row_cache.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>

#include "base/check.h"
#include "base/hash.h"

namespace freshet {
namespace {

constexpr int kShardBits = 6;
constexpr size_t kShards = size_t{1} << kShardBits;
constexpr size_t kUnit = 8;         // Offsets in a ring count these.
constexpr size_t kSlotsPerSet = 8;  // One cache line.
// One slot for so many bytes of the ring: with rows of 100 bytes and more the
// ring is full before the table is.
constexpr size_t kRingBytesPerSlot = 128;
// No row takes more than this share of a shard.
constexpr size_t kRowShare = 16;
// How many rows an Offer moves to the front before it drops one that was read:
// bounds what one request pays.
constexpr int kMovesMax = 16;
// What a lookup reads of a row before the processor has seen that it goes on:
// header, key and some 20 numbers.
constexpr size_t kPrefetchBytes = 256;
// So much of a ring is taken before rows come there, and how often that is
// looked at, when something was taken the last time and when not. What comes
// faster, over 1.6 GB/s, touches small pages.
constexpr size_t kTakeAhead = 256 << 10;
constexpr std::chrono::milliseconds kIdleTakeEvery(100);
constexpr std::chrono::milliseconds kTakeEvery(10);

// Lies before key and row in the ring.
struct Header {
  uint64_t hash;
  uint64_t version;
  uint32_t key_size;
  uint32_t row_size;

  size_t ring_bytes() const {
    const size_t bytes = sizeof(Header) + size_t{key_size} + row_size;
    return (bytes + kUnit - 1) / kUnit * kUnit;
  }
};

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

// Slots are read without the lock by PrefetchRow alone.
uint64_t Load(uint64_t& slot) {
  return std::atomic_ref(slot).load(std::memory_order_relaxed);
}
void Store(uint64_t& slot, uint64_t value) {
  std::atomic_ref(slot).store(value, std::memory_order_relaxed);
}

}  // namespace

class alignas(64) RowCache::Shard {
 public:
  // `sets`: the table of all shards, of which some are of this one.
  void Use(const Sets& sets, char* ring, size_t ring_bytes);

  void PrefetchRow(uint64_t hash) const;
  bool Find(const Key& key, std::string& row);
  void Offer(const Key& key, std::string_view row);
  size_t used() const {
    MutexLock lock(mu_);
    return wrapped_ ? end_ - tail_ + head_ : head_;
  }
  // Rows have been in so much of the ring from its start.
  size_t reached() const {
    MutexLock lock(mu_);
    return was_full_ ? size_ : head_;
  }

 private:
  Header HeaderAt(size_t offset) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    Header header;
    std::memcpy(&header, &ring_[offset], sizeof(header));
    return header;
  }
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
};

uint64_t* RowCache::Sets::Of(uint64_t hash) const {
  return &slots[Share(hash, count) * kSlotsPerSet];
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

bool RowCache::Shard::Find(const Key& key, std::string& row) {
  MutexLock lock(mu_);
  uint64_t* slot = FindSlot(key);
  if (slot == nullptr) return false;
  const uint64_t value = Load(*slot);
  if ((value & kRead) == 0) Store(*slot, value | kRead);
  const size_t offset = OffsetOf(value);
  const Header header = HeaderAt(offset);
  row.assign(&ring_[offset + sizeof(Header) + header.key_size],
             header.row_size);
  return true;
}

void RowCache::Shard::Offer(const Key& key, std::string_view row) {
  const Header header = {.hash = key.hash,
                         .version = key.version,
                         .key_size = static_cast<uint32_t>(key.key.size()),
                         .row_size = static_cast<uint32_t>(row.size())};
  const size_t bytes = header.ring_bytes();
  if (bytes > size_ / kRowShare) return;
  MutexLock lock(mu_);
  if (was_full_ && !WasOffered(key.hash)) return;
  if (FindSlot(key) != nullptr) return;  // Another request was faster.
  MakeRoom(bytes);
  std::memcpy(&ring_[head_], &header, sizeof(header));
  std::memcpy(&ring_[head_ + sizeof(header)], key.key.data(), key.key.size());
  std::memcpy(&ring_[head_ + sizeof(header) + key.key.size()], row.data(),
              row.size());
  Store(*ChooseSlot(key.hash), SlotOf(key.hash, head_));
  head_ += bytes;
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

RowCache::RowCache(int64_t capacity_bytes) : capacity_bytes_(capacity_bytes) {
  CHECK(capacity_bytes >= 0);
  if (capacity_bytes == 0) return;
  const size_t shard_bytes = static_cast<size_t>(capacity_bytes) / kShards;
  sets_.count =
      kShards *
      std::max<size_t>(shard_bytes / kRingBytesPerSlot / kSlotsPerSet, 1);
  const size_t slots = sets_.count * kSlotsPerSet;
  slots_ = std::make_unique<Memory>(slots * sizeof(uint64_t));
  offered_ = std::make_unique<Memory>(slots * sizeof(uint16_t));
  sets_.slots = slots_->As<uint64_t>();
  sets_.offered = offered_->As<uint16_t>();
  const size_t tables = slots / kShards * (sizeof(uint64_t) + sizeof(uint16_t));
  ring_bytes_ = (shard_bytes - std::min(shard_bytes, tables)) / kUnit * kUnit;
  rings_ = std::make_unique<Memory>(ring_bytes_ * kShards);
  shards_ = std::make_unique<Shard[]>(kShards);
  for (size_t i = 0; i < kShards; ++i) {
    shards_[i].Use(sets_, rings_->As<char>() + i * ring_bytes_, ring_bytes_);
  }
  taker_ = std::thread([this] { TakeAhead(); });
}

RowCache::~RowCache() {
  if (!taker_.joinable()) return;
  {
    MutexLock lock(taker_mu_);
    stop_ = true;
  }
  stopped_.SignalAll();
  taker_.join();
}

bool RowCache::WaitToTake(std::chrono::milliseconds time) {
  MutexLock lock(taker_mu_);
  if (!stop_ && time.count() > 0) stopped_.WaitFor(taker_mu_, time);
  return !stop_;
}

bool RowCache::TakeAll(Memory& memory) {
  for (size_t at = 0; at < memory.bytes();) {
    if (!WaitToTake({})) return false;
    at = memory.Take(at, at + 1);
  }
  return true;
}

// A huge page costs milliseconds when it is first touched, and the first
// requests touch slots and rows all over.
void RowCache::TakeAhead() {
  if (!TakeAll(*slots_)) return;
  std::array<size_t, kShards> taken{};
  for (bool all = false; !all;) {
    all = true;
    bool took = false;
    for (size_t i = 0; i < kShards; ++i) {
      const size_t start = i * ring_bytes_;
      const size_t wanted =
          std::min(shards_[i].reached() + kTakeAhead, ring_bytes_);
      if (taken[i] < wanted) {
        if (!WaitToTake({})) return;
        const size_t from = start + taken[i];
        taken[i] = rings_->Take(from, from + 1) - start;
        took = true;
      }
      all = all && taken[i] >= ring_bytes_;
    }
    if (!WaitToTake(took ? kTakeEvery : kIdleTakeEvery)) return;
  }
  TakeAll(*offered_);  // Used from now on.
}

RowCache::Key RowCache::MakeKey(uint64_t version, std::string_view key) {
  // Multiplied by an odd number, so that versions of neighbouring numbers
  // differ in all bits (Knuth's multiplicative hash).
  return {.version = version,
          .key = key,
          .hash = Xxh3(key) ^ version * 0x9e3779b97f4a7c15};
}

RowCache::Shard& RowCache::ShardOf(uint64_t hash) const {
  return shards_[hash >> (64 - kShardBits)];
}

void RowCache::PrefetchSlot(const Key& key) const {
  __builtin_prefetch(sets_.Of(key.hash));
}

void RowCache::PrefetchRow(const Key& key) const {
  ShardOf(key.hash).PrefetchRow(key.hash);
}

bool RowCache::Find(const Key& key, std::string& row) {
  return ShardOf(key.hash).Find(key, row);
}

void RowCache::Offer(const Key& key, std::string_view row) {
  ShardOf(key.hash).Offer(key, row);
}

int64_t RowCache::used_bytes() const {
  size_t bytes = 0;
  for (size_t i = 0; enabled() && i < kShards; ++i) bytes += shards_[i].used();
  return static_cast<int64_t>(bytes);
}

}  // namespace freshet
