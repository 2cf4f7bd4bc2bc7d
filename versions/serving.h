// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "versions/serving_set.h"

namespace freshet {

class Reaper;

// What requests are answered from right now.
//
// A ServingSet is immutable; a load, a rollback or an apply publishes a new
// one. A request takes the current set once and keeps it until its reply is
// written, so that a reply never mixes versions and a publish never waits for
// requests. What the last reader lets go is closed by the reaper, never on a
// request's thread; so readers must let go before the reaper ends. Safe to use
// from any thread.
class Serving {
 public:
  using SetPtr = std::shared_ptr<const ServingSet>;

  // Starts with an empty set. `reaper` must outlive this object.
  explicit Serving(Reaper& reaper);

  // Replaces the set. Requires: set != nullptr.
  void Publish(std::unique_ptr<const ServingSet> set);

  // Never null. Call once per request: a second call may see another set.
  SetPtr Current() const;

 private:
  Reaper& reaper_;
  mutable Mutex mu_;
  SetPtr current_ ABSL_GUARDED_BY(mu_);
};

}  // namespace freshet
