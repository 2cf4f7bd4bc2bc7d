// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"

namespace freshet {

// Threads that may wait for the disk, so that gRPC's never do: it has few, and
// all servers of the process share them. First come, first served; the queue
// is bounded. Safe to use from any thread.
class ReadPool {
 public:
  ReadPool(int64_t threads, int64_t queue_max);
  // Runs what is queued, then ends.
  ~ReadPool();
  ReadPool(const ReadPool&) = delete;
  ReadPool& operator=(const ReadPool&) = delete;

  // False, and nothing happens, when the queue is full.
  bool TryPost(std::function<void()> read);

  // Reads that wait for a thread.
  int64_t depth() const;

 private:
  void Run();

  const size_t queue_max_;
  mutable Mutex mu_;
  CondVar changed_;
  std::deque<std::function<void()>> queue_ ABSL_GUARDED_BY(mu_);
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace freshet
