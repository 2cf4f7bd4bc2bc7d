// SPDX-License-Identifier: Apache-2.0
#include "versions/serving.h"

#include <utility>

#include "base/check.h"
#include "versions/serving_parts/reaper.h"

namespace freshet {
namespace {

// The deleter runs wherever the last reader is, perhaps on a request's thread,
// so it only hands the set over.
Serving::SetPtr Reaped(std::unique_ptr<const ServingSet> set, Reaper& reaper) {
  return Serving::SetPtr(set.release(), [&reaper](const ServingSet* dead) {
    reaper.Post([dead] { delete dead; });
  });
}

}  // namespace

Serving::Serving(Reaper& reaper)
    : reaper_(reaper),
      current_(Reaped(std::make_unique<const ServingSet>(), reaper)) {}

void Serving::Publish(std::unique_ptr<const ServingSet> set) {
  CHECK(set != nullptr);
  SetPtr retired = Reaped(std::move(set), reaper_);  // Let go after the lock.
  MutexLock lock(mu_);
  current_.swap(retired);
}

Serving::SetPtr Serving::Current() const {
  MutexLock lock(mu_);
  return current_;
}

}  // namespace freshet
