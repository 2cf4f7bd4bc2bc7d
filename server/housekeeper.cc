// SPDX-License-Identifier: Apache-2.0
#include "server/housekeeper.h"

#include <utility>

namespace freshet {

Housekeeper::Housekeeper(std::chrono::milliseconds period,
                         std::function<void()> work)
    : period_(period), work_(std::move(work)), thread_([this] { Run(); }) {}

Housekeeper::~Housekeeper() {
  {
    MutexLock lock(mu_);
    stop_ = true;
  }
  stopped_.SignalAll();
  thread_.join();
}

void Housekeeper::Run() {
  while (true) {
    {
      MutexLock lock(mu_);
      // A wake without cause only makes the next round early.
      if (!stop_) stopped_.WaitFor(mu_, period_);
      if (stop_) return;
    }
    work_();
  }
}

}  // namespace freshet
