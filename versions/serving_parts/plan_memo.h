// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <unordered_map>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "versions/plan.h"

namespace freshet {

// Plans of the lists of references that requests bring: a model server sends
// the same few lists over and over. Bounded: forgets all when it is full, so
// that lists made up anew each time cost what they cost without it. Safe to use
// from any thread.
class PlanMemo {
 public:
  // Over all lists that are kept.
  static constexpr size_t kFeaturesMax = 1 << 14;
  static constexpr size_t kBytesMax = 1 << 20;

  // Null if it is not kept.
  std::shared_ptr<const Plan> Find(std::span<const std::string> references);
  void Keep(std::span<const std::string> references,
            std::shared_ptr<const Plan> plan);

 private:
  Mutex mu_;
  std::unordered_map<std::string, std::shared_ptr<const Plan>> plans_
      ABSL_GUARDED_BY(mu_);
  size_t features_ ABSL_GUARDED_BY(mu_) = 0;
  size_t bytes_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace freshet
