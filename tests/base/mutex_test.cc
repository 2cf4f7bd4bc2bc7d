// SPDX-License-Identifier: Apache-2.0
#include "base/mutex.h"

#include <thread>

#include "gtest/gtest.h"

namespace freshet {
namespace {

TEST(MutexTest, KeepsTwoWritersApart) {
  Mutex mu;
  int count = 0;
  const auto add = [&] {
    for (int i = 0; i < 10'000; ++i) {
      MutexLock lock(mu);
      ++count;
    }
  };
  std::thread other(add);
  add();
  other.join();
  EXPECT_EQ(count, 20'000);
}

TEST(MutexTest, SignalWakesTheWaiterWhichHoldsTheLockAgain) {
  Mutex mu;
  CondVar changed;
  bool ready = false;
  bool seen = false;
  std::thread waiter([&] {
    MutexLock lock(mu);
    while (!ready) changed.Wait(mu);
    seen = true;
  });
  {
    MutexLock lock(mu);
    ready = true;
  }
  changed.SignalAll();
  waiter.join();
  EXPECT_TRUE(seen);
}

TEST(MutexTest, WaitForTellsThatTheTimePassed) {
  Mutex mu;
  CondVar changed;
  MutexLock lock(mu);
  // Wakes without cause are allowed, so it is asked until time has passed.
  while (changed.WaitFor(mu, std::chrono::milliseconds(1))) {
  }
  SUCCEED();
}

}  // namespace
}  // namespace freshet
