// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.h"

namespace freshet {

// Which events came before, by their ids, where partitions are read one faster
// than the other, so that times go back: what SeenIds is to events as they
// come. Not thread-safe.
class ReplayIds {
 public:
  // An event is known for so long before and after the last time that it came.
  explicit ReplayIds(int64_t horizon_micros)
      : horizon_micros_(horizon_micros) {}

  // Whether it is known at that time; now it came in any case.
  bool Add(std::string_view id, int64_t at_micros);
  // None comes any more that came before that time.
  void Forget(int64_t before_micros);

  size_t size() const { return last_.size(); }

 private:
  struct HashOf {
    size_t operator()(const Hash128& id) const { return id.low; }
  };

  const int64_t horizon_micros_;
  std::unordered_map<Hash128, int64_t, HashOf> last_;  // When it came last.
  // Those that came in one horizon, by its end.
  std::map<int64_t, std::vector<Hash128>> came_;
};

}  // namespace freshet
