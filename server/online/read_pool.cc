// SPDX-License-Identifier: Apache-2.0
#include "server/online/read_pool.h"

#include <utility>

namespace freshet {

ReadPool::ReadPool(int64_t threads, int64_t queue_max)
    : queue_max_(static_cast<size_t>(queue_max)) {
  for (int64_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { Run(); });
  }
}

ReadPool::~ReadPool() {
  {
    MutexLock lock(mu_);
    stop_ = true;
  }
  changed_.SignalAll();
  for (std::thread& thread : threads_) thread.join();
}

bool ReadPool::TryPost(std::function<void()> read) {
  {
    MutexLock lock(mu_);
    if (queue_.size() >= queue_max_) return false;
    queue_.push_back(std::move(read));
  }
  changed_.Signal();
  return true;
}

int64_t ReadPool::depth() const {
  MutexLock lock(mu_);
  return static_cast<int64_t>(queue_.size());
}

void ReadPool::Run() {
  while (true) {
    std::function<void()> read;
    {
      MutexLock lock(mu_);
      while (queue_.empty() && !stop_) changed_.Wait(mu_);
      if (queue_.empty()) return;
      read = std::move(queue_.front());
      queue_.pop_front();
    }
    read();
  }
}

}  // namespace freshet
