// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <unordered_map>

#include "base/hash.h"

namespace freshet {

// Which events of a source came lately, by their ids: 128 bits of hash each, so
// that among 10^9 ids two have one hash with a probability of 10^-21. Not
// thread-safe.
class SeenIds {
 public:
  explicit SeenIds(int64_t horizon_micros) : horizon_micros_(horizon_micros) {}

  // Whether the id came no longer than the horizon before `now_micros`; now it
  // came in any case. So what is decided depends only on what came within a
  // horizon, and an event that comes again and again is known for as long as it
  // does (docs/semantics.md, rule 19).
  bool Add(std::string_view id, int64_t now_micros) {
    return Add(id, now_micros, now_micros);
  }
  // The same where `now_micros` leaves out some of the time, for an event that
  // came at `arrival_micros`: it is known for known_micros() of all of it.
  bool Add(std::string_view id, int64_t now_micros, int64_t arrival_micros);

  int64_t horizon_micros() const { return horizon_micros_; }
  int64_t known_micros() const {
    constexpr int64_t kDayMicros = 86'400'000'000;
    return std::max(horizon_micros_, kDayMicros);
  }
  size_t size() const { return last_.size(); }

 private:
  struct Came {
    Hash128 id;
    int64_t at_micros;
  };
  struct HashOf {
    size_t operator()(const Hash128& id) const { return id.low; }
  };

  void Forget(int64_t before_micros);

  const int64_t horizon_micros_;
  // When it came last.
  struct Last {
    int64_t at_micros = 0;
    int64_t arrival_micros = 0;
  };
  std::unordered_map<Hash128, Last, HashOf> last_;
  std::deque<Came> came_;  // In that order, with those that came again since.
};

}  // namespace freshet
