// SPDX-License-Identifier: Apache-2.0
#include "server/online/call_scratch.h"

#include <google/protobuf/arena.h>

namespace freshet {
namespace {

constexpr size_t kFirstBlockBytes = 16 << 10;

google::protobuf::ArenaOptions OptionsFor(char* block) {
  google::protobuf::ArenaOptions options;
  options.initial_block = block;
  options.initial_block_size = kFirstBlockBytes;
  return options;
}

}  // namespace

CallScratch::CallScratch(const QueryParts& parts)
    : first_block(new char[kFirstBlockBytes]),
      arena(std::make_unique<google::protobuf::Arena>(
          OptionsFor(first_block.get()))),
      query(parts) {}

CallScratch::~CallScratch() = default;

CallScratchPool::~CallScratchPool() {
  MutexLock lock(mu_);
  while (taken_ > 0) returned_.Wait(mu_);
}

std::unique_ptr<CallScratch> CallScratchPool::Take() {
  {
    MutexLock lock(mu_);
    ++taken_;
    if (!free_.empty()) {
      auto scratch = std::move(free_.back());
      free_.pop_back();
      return scratch;
    }
  }
  return std::make_unique<CallScratch>(parts_);
}

void CallScratchPool::Return(std::unique_ptr<CallScratch> scratch) {
  FeatureQuery::ReleaseRows(scratch->rows);
  scratch->query.Release();
  scratch->arena->Reset();
  MutexLock lock(mu_);
  if (free_.size() < kKeptMax) free_.push_back(std::move(scratch));
  // Under the lock, since the last one may let the pool be destroyed.
  if (--taken_ == 0) returned_.SignalAll();
}

}  // namespace freshet
