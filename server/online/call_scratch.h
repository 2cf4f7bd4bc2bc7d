// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "server/online/feature_query.h"

namespace google::protobuf {
class Arena;
}  // namespace google::protobuf

namespace freshet {

// What one call works with; kept between calls for its buffers.
struct CallScratch {
  explicit CallScratch(const QueryParts& parts);
  ~CallScratch();

  std::unique_ptr<char[]> first_block;  // Of the arena.
  std::unique_ptr<google::protobuf::Arena> arena;
  FeatureQuery query;
  QueryRows rows;
};

// Scratches that no call uses now. Safe to use from any thread.
class CallScratchPool {
 public:
  explicit CallScratchPool(const QueryParts& parts) : parts_(parts) {}
  // Waits for all that were taken: a call may outlive its server by the read
  // that it waits for.
  ~CallScratchPool();
  CallScratchPool(const CallScratchPool&) = delete;
  CallScratchPool& operator=(const CallScratchPool&) = delete;

  std::unique_ptr<CallScratch> Take();
  // Releases what the scratch holds, then keeps it for another call.
  void Return(std::unique_ptr<CallScratch> scratch);

 private:
  // More are only wanted while more calls than this wait for the disk.
  static constexpr size_t kKeptMax = 64;

  const QueryParts parts_;
  Mutex mu_;
  CondVar returned_;
  size_t taken_ ABSL_GUARDED_BY(mu_) = 0;
  std::vector<std::unique_ptr<CallScratch>> free_ ABSL_GUARDED_BY(mu_);
};

}  // namespace freshet
