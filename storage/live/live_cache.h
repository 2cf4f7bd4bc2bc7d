// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "storage/cache/row_cache.h"

namespace freshet {

// What the store holds of keys that were asked for lately, or that it holds
// nothing, in the row cache: a hit costs a hash and a copy, where RocksDB
// searches a memtable and merges what is there. Never stale once a change is
// settled: who changes a key changes it here, too, and what a reader found in
// the store is not kept if somebody changed the key meanwhile.
//
// Begin and Settle: one thread. The rest: any.
class LiveCache {
 public:
  // `rows` must outlive it.
  explicit LiveCache(RowCache& rows);
  ~LiveCache();
  LiveCache(const LiveCache&) = delete;
  LiveCache& operator=(const LiveCache&) = delete;

  // The rest requires it.
  bool enabled() const { return rows_.enabled(); }

  // Of RowCache::MakeKey: of no other generation, in this or another store.
  static uint64_t NewNumber();

  // Brings closer what Find will read, as RowCache's.
  void PrefetchSlot(const RowCache::Key& key) const { rows_.PrefetchSlot(key); }
  void PrefetchValue(const RowCache::Key& key) const { rows_.PrefetchRow(key); }
  // "": the store has nothing of the key. False: not known here.
  bool Find(const RowCache::Key& key, std::string& value) const {
    return rows_.Find(key, value);
  }

  // Before the store is read.
  using Ticket = uint64_t;
  Ticket TicketFor(const RowCache::Key& key) const;
  // What was found there; "": nothing.
  void Offer(const RowCache::Key& key, std::string_view value, Ticket ticket);

  struct Change {
    enum class Kind { kPut, kMerge, kDelete };
    Kind kind = Kind::kMerge;
    RowCache::Key key = {};
    std::string_view value = {};
  };
  // Before the store is changed.
  void Begin(std::span<const Change> changes);
  // After, with the same; false: they may not have come about.
  void Settle(std::span<const Change> changes, bool done);

 private:
  // Counts the changes of some keys, by their hash.
  struct Stripe;
  Stripe& StripeOf(const RowCache::Key& key) const;
  void Settle(const Change& change, bool done, std::string& value);

  RowCache& rows_;
  const std::unique_ptr<Stripe[]> stripes_;
};

}  // namespace freshet
