// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"

namespace freshet {

// Calls something every so often, on a thread of its own, until destroyed.
class Housekeeper {
 public:
  Housekeeper(std::chrono::milliseconds period, std::function<void()> work);
  ~Housekeeper();
  Housekeeper(const Housekeeper&) = delete;
  Housekeeper& operator=(const Housekeeper&) = delete;

 private:
  void Run();

  const std::chrono::milliseconds period_;
  const std::function<void()> work_;
  Mutex mu_;
  CondVar stopped_;
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace freshet
