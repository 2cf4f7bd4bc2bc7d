// SPDX-License-Identifier: Apache-2.0
#include "ingest/replay/replay_ids.h"

#include <algorithm>
#include <cstdlib>

namespace freshet {

bool ReplayIds::Add(std::string_view id, int64_t at_micros) {
  const Hash128 hash = Xxh3Wide(id);
  const int64_t length = std::max<int64_t>(horizon_micros_, 1);
  came_[(at_micros / length + 1) * length].push_back(hash);
  const auto [known, is_new] = last_.try_emplace(hash, at_micros);
  if (is_new) return false;
  const int64_t before = known->second;
  known->second = std::max(before, at_micros);
  return std::abs(at_micros - before) <= horizon_micros_;
}

void ReplayIds::Forget(int64_t before_micros) {
  const int64_t over = before_micros - horizon_micros_;
  while (!came_.empty() && came_.begin()->first < over) {
    for (const Hash128& id : came_.begin()->second) {
      const auto known = last_.find(id);
      // One that came again since stands in a later one.
      if (known != last_.end() && known->second < over) last_.erase(known);
    }
    came_.erase(came_.begin());
  }
}

}  // namespace freshet
