// SPDX-License-Identifier: Apache-2.0
#include "storage/live/live_cache.h"

#include <atomic>
#include <random>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "storage/live/live_merge.h"

namespace freshet {
namespace {

// So many that most are free while some thousand keys are changed.
constexpr size_t kStripes = size_t{1} << 16;

// Of a key that somebody is changing.
constexpr LiveCache::Ticket kNoTicket = ~uint64_t{0};

}  // namespace

struct LiveCache::Stripe {
  Mutex mu;  // Whoever offers holds it.
  std::atomic<uint64_t> begun = 0;
  std::atomic<uint64_t> settled = 0;
};

LiveCache::LiveCache(RowCache& rows)
    : rows_(rows),
      stripes_(rows.enabled() ? std::make_unique<Stripe[]>(kStripes)
                              : nullptr) {}

LiveCache::~LiveCache() = default;

// A process may open a store again, and its rows are in the cache still.
uint64_t LiveCache::NewNumber() {
  static const uint64_t first = [] {
    std::random_device random;
    return uint64_t{random()} << 32 | random();
  }();
  static std::atomic<uint64_t> given = 0;
  return first + given.fetch_add(1);
}

LiveCache::Stripe& LiveCache::StripeOf(const RowCache::Key& key) const {
  return stripes_[key.hash % kStripes];
}

// In this order: if both are the same then, nothing was under way when the
// second was read.
LiveCache::Ticket LiveCache::TicketFor(const RowCache::Key& key) const {
  const Stripe& stripe = StripeOf(key);
  const uint64_t settled = stripe.settled.load(std::memory_order_acquire);
  const uint64_t begun = stripe.begun.load(std::memory_order_acquire);
  return settled == begun ? begun : kNoTicket;
}

void LiveCache::Offer(const RowCache::Key& key, std::string_view value,
                      Ticket ticket) {
  if (ticket == kNoTicket) return;
  Stripe& stripe = StripeOf(key);
  MutexLock lock(stripe.mu);
  if (stripe.begun.load(std::memory_order_relaxed) != ticket) return;
  rows_.Offer(key, value);
}

void LiveCache::Begin(std::span<const Change> changes) {
  for (const Change& change : changes) {
    Stripe& stripe = StripeOf(change.key);
    MutexLock lock(stripe.mu);
    stripe.begun.fetch_add(1, std::memory_order_release);
  }
}

void LiveCache::Settle(std::span<const Change> changes, bool done) {
  std::string value;
  for (const Change& change : changes) Settle(change, done, value);
  for (const Change& change : changes) {
    StripeOf(change.key).settled.fetch_add(1, std::memory_order_release);
  }
}

// One that nobody reads any more goes once the cache's ring has come round.
void LiveCache::Settle(const Change& change, bool done, std::string& value) {
  if (!rows_.Drop(change.key, &value) || !done) return;
  switch (change.kind) {
    case Change::Kind::kPut:
      rows_.Keep(change.key, change.value, /*read=*/false);
      return;
    case Change::Kind::kDelete:
      return;
    case Change::Kind::kMerge:
      break;
  }
  std::vector<std::string_view> values;
  if (!value.empty()) values.push_back(value);
  values.push_back(change.value);
  const auto merged = MergeLive(values);
  // Who reads what does not merge is told by the store.
  if (merged.ok()) rows_.Keep(change.key, *merged, /*read=*/false);
}

}  // namespace freshet
