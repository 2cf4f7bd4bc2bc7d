// SPDX-License-Identifier: Apache-2.0
#include "versions/serving_parts/reaper.h"

#include <utility>

namespace freshet {

Reaper::Reaper() : thread_([this] { Run(); }) {}

Reaper::~Reaper() {
  {
    MutexLock lock(mu_);
    stop_ = true;
  }
  changed_.SignalAll();
  thread_.join();
}

void Reaper::Post(std::function<void()> destroy) {
  {
    MutexLock lock(mu_);
    queue_.push_back(std::move(destroy));
    ++posted_;
  }
  changed_.SignalAll();
}

void Reaper::Drain() {
  MutexLock lock(mu_);
  const int64_t wanted = posted_;
  while (done_ < wanted) changed_.Wait(mu_);
}

int64_t Reaper::done() const {
  MutexLock lock(mu_);
  return done_;
}

void Reaper::Run() {
  for (;;) {
    std::vector<std::function<void()>> batch;
    {
      MutexLock lock(mu_);
      while (queue_.empty() && !stop_) changed_.Wait(mu_);
      if (queue_.empty()) return;
      batch.swap(queue_);
    }
    for (std::function<void()>& destroy : batch) {
      destroy();
      destroy = nullptr;  // What it holds goes before it counts as done.
      MutexLock lock(mu_);
      ++done_;
    }
    changed_.SignalAll();
  }
}

}  // namespace freshet
