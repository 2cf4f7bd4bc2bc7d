// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"

namespace freshet {

// When each broker last answered anything. A reader asks each broker for
// records twice a second at least, so this tells a quiet topic, whose broker
// answers that there is nothing, from a dead one. Not time of day, so by the
// steady clock. Safe to use from any thread.
class BrokerContacts {
 public:
  void Answered(int32_t broker);

  // Milliseconds since that broker's last answer; -1: none yet, or it is none,
  // which is the number of a leader that is not there.
  int64_t AgeMs(int32_t broker) const;

  // The same of whichever broker answered last.
  int64_t NewestAgeMs() const;

 private:
  using Instant = std::chrono::steady_clock::time_point;

  mutable Mutex mu_;
  std::map<int32_t, Instant> answered_ ABSL_GUARDED_BY(mu_);
};

}  // namespace freshet
