// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"

namespace freshet {

// A thread that destroys what is slow to destroy (serving sets, and with the
// last of them open versions), so that no request pays for it. Safe to use
// from any thread.
class Reaper {
 public:
  Reaper();
  ~Reaper();  // Destroys what is left.
  Reaper(const Reaper&) = delete;
  Reaper& operator=(const Reaper&) = delete;

  // Runs `destroy` on the reaper's thread, in order.
  void Post(std::function<void()> destroy);

  // Waits until everything posted before is done.
  void Drain();

  int64_t done() const;

 private:
  void Run();

  mutable Mutex mu_;
  CondVar changed_;
  std::vector<std::function<void()>> queue_ ABSL_GUARDED_BY(mu_);
  int64_t posted_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t done_ ABSL_GUARDED_BY(mu_) = 0;
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace freshet
