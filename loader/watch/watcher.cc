// SPDX-License-Identifier: Apache-2.0
#include "loader/watch/watcher.h"

#include <algorithm>
#include <utility>

namespace freshet {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr size_t kThreadsMax = 4;
// For how long nothing may be due before it is looked again.
constexpr milliseconds kPauseMax(1000);

}  // namespace

Watcher::Watcher(const WatchOrder& order, Tell tell) : tell_(std::move(tell)) {
  const auto now = Clock::now();
  for (const WatchedSource& watched : order.sources) {
    posts_.push_back(
        {.lookout = std::make_unique<Lookout>(watched, order.roots, order.s3),
         .view = watched.view,
         .after = watched.after,
         .every = std::chrono::microseconds(watched.source.watch->every_micros),
         .due = now});
  }
  const size_t threads = std::min(posts_.size(), kThreadsMax);
  for (size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { Work(); });
  }
}

Watcher::~Watcher() {
  {
    MutexLock lock(mu_);
    stop_ = true;
  }
  changed_.SignalAll();
  for (std::thread& thread : threads_) thread.join();
}

void Watcher::Wake(const WatchWake& wake) {
  {
    MutexLock lock(mu_);
    for (Post& post : posts_) {
      if (post.view != wake.view) continue;
      post.due = Clock::now();
      if (wake.after) post.after = *wake.after;
    }
  }
  changed_.SignalAll();
}

Watcher::Post* Watcher::NextDue(Lookout::Time now) {
  Post* next = nullptr;
  for (Post& post : posts_) {
    if (post.busy || post.due > now) continue;
    if (next == nullptr || post.due < next->due) next = &post;
  }
  return next;
}

void Watcher::Work() {
  MutexLock lock(mu_);
  while (!stop_) {
    const auto now = Clock::now();
    Post* post = NextDue(now);
    if (post == nullptr) {
      auto until = now + kPauseMax;
      for (const Post& other : posts_) {
        if (!other.busy) until = std::min(until, other.due);
      }
      changed_.WaitFor(mu_, std::chrono::ceil<milliseconds>(until - now));
      continue;
    }
    post->busy = true;
    post->due = now + post->every;  // A wake from here on makes it earlier.
    const std::string after = post->after;
    mu_.Unlock();
    const Sighting sighting = post->lookout->Look(now, after);
    {
      MutexLock tell_lock(tell_mu_);
      tell_(sighting);
    }
    mu_.Lock();
    post->busy = false;
  }
}

}  // namespace freshet
