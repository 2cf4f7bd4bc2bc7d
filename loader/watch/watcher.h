// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "loader/watch/lookout.h"
#include "storage/protocol/watch_protocol.h"

namespace freshet {

// Looks at each source of an order at once, then every so often, and when it is
// woken. A source that hangs holds up one of a few threads, not the others.
// Safe to use from any thread.
class Watcher {
 public:
  using Tell = std::function<void(const Sighting&)>;

  // `tell` is called from threads of the watcher's, one at a time.
  Watcher(const WatchOrder& order, Tell tell);
  // Waits for the looks under way.
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  // Looks at the source of a view now; if it is being looked at, again after.
  // Views that there are not are ignored.
  void Wake(const WatchWake& wake);

 private:
  struct Post {
    std::unique_ptr<Lookout> lookout;
    std::string view;
    std::string after;  // As of WatchedSource.
    std::chrono::microseconds every;
    Lookout::Time due;
    bool busy = false;
  };

  void Work();
  Post* NextDue(Lookout::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const Tell tell_;
  Mutex tell_mu_;
  Mutex mu_;
  CondVar changed_;
  std::vector<Post> posts_ ABSL_GUARDED_BY(mu_);
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace freshet
