// SPDX-License-Identifier: Apache-2.0
#include "ingest/kafka/client/broker_contacts.h"

#include <algorithm>

namespace freshet {
namespace {

int64_t AgeOf(std::chrono::steady_clock::time_point instant) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now() - instant)
      .count();
}

}  // namespace

void BrokerContacts::Answered(int32_t broker) {
  const Instant now = std::chrono::steady_clock::now();
  MutexLock lock(mu_);
  answered_[broker] = now;
}

int64_t BrokerContacts::AgeMs(int32_t broker) const {
  // Those that were asked before their numbers were known have such, too.
  if (broker < 0) return -1;
  MutexLock lock(mu_);
  const auto found = answered_.find(broker);
  return found == answered_.end() ? -1 : AgeOf(found->second);
}

int64_t BrokerContacts::NewestAgeMs() const {
  MutexLock lock(mu_);
  int64_t newest = -1;
  for (const auto& [broker, instant] : answered_) {
    const int64_t age = AgeOf(instant);
    newest = newest < 0 ? age : std::min(newest, age);
  }
  return newest;
}

}  // namespace freshet
