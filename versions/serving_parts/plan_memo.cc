// SPDX-License-Identifier: Apache-2.0
#include "versions/serving_parts/plan_memo.h"

#include <utility>

namespace freshet {
namespace {

// Each reference with its length before it: what a caller writes into one can
// not pass for two.
std::string KeyOf(std::span<const std::string> references) {
  size_t bytes = 0;
  for (const std::string& one : references)
    bytes += sizeof(size_t) + one.size();
  std::string key;
  key.reserve(bytes);
  for (const std::string& one : references) {
    const size_t size = one.size();
    key.append(reinterpret_cast<const char*>(&size), sizeof(size));
    key.append(one);
  }
  return key;
}

}  // namespace

std::shared_ptr<const Plan> PlanMemo::Find(
    std::span<const std::string> references) {
  const std::string key = KeyOf(references);
  MutexLock lock(mu_);
  const auto found = plans_.find(key);
  return found == plans_.end() ? nullptr : found->second;
}

void PlanMemo::Keep(std::span<const std::string> references,
                    std::shared_ptr<const Plan> plan) {
  std::string key = KeyOf(references);
  // `view.*` is one reference and many features.
  const size_t features = plan->features.size();
  if (features > kFeaturesMax || key.size() > kBytesMax) return;
  MutexLock lock(mu_);
  if (features_ + features > kFeaturesMax || bytes_ + key.size() > kBytesMax) {
    plans_.clear();
    features_ = bytes_ = 0;
  }
  const size_t bytes = key.size();
  if (!plans_.emplace(std::move(key), std::move(plan)).second) return;
  features_ += features;
  bytes_ += bytes;
}

}  // namespace freshet
