// SPDX-License-Identifier: Apache-2.0
#include "server/net/request_stats.h"

namespace freshet {
namespace {

constexpr std::array<std::string_view, MethodStats::kCodes> kCodeNames = {
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED"};

constexpr size_t kUnknown = 2;

size_t CodeIndex(int code) {
  const auto index = static_cast<size_t>(code);
  return index < MethodStats::kCodes ? index : kUnknown;
}

}  // namespace

void MethodStats::Count(int code, std::chrono::nanoseconds elapsed) {
  by_code[CodeIndex(code)].fetch_add(1, std::memory_order_relaxed);
  duration.Observe(elapsed);
}

void ViewStats::Add(const LookupCounts& counts) {
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    keys[i].fetch_add(counts[i], std::memory_order_relaxed);
  }
}

MethodStats& RequestStats::method(std::string_view method) {
  const std::string_view name = method.substr(method.rfind('/') + 1);
  MutexLock lock(mu_);
  auto found = methods_.find(name);
  if (found == methods_.end()) {
    found = methods_.emplace(name, std::make_unique<MethodStats>()).first;
  }
  return *found->second;
}

ViewStats& RequestStats::view(std::string_view name) {
  MutexLock lock(mu_);
  auto found = views_.find(name);
  if (found == views_.end()) {
    found = views_.emplace(name, std::make_unique<ViewStats>()).first;
  }
  return *found->second;
}

std::map<std::string, const MethodStats*> RequestStats::methods() const {
  std::map<std::string, const MethodStats*> all;
  MutexLock lock(mu_);
  for (const auto& [name, stats] : methods_) all[name] = stats.get();
  return all;
}

std::map<std::string, const ViewStats*> RequestStats::views() const {
  std::map<std::string, const ViewStats*> all;
  MutexLock lock(mu_);
  for (const auto& [name, stats] : views_) all[name] = stats.get();
  return all;
}

std::string_view CodeName(int code) { return kCodeNames[CodeIndex(code)]; }

}  // namespace freshet
