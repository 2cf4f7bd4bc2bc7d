// SPDX-License-Identifier: Apache-2.0
#include "ingest/change_log/seen_ids.h"

#include <utility>

namespace freshet {

bool SeenIds::Add(std::string_view id, int64_t now_micros,
                  int64_t arrival_micros) {
  Forget(now_micros - horizon_micros_);
  const Hash128 hash = Xxh3Wide(id);
  came_.push_back({hash, now_micros});
  const Last now = {now_micros, arrival_micros};
  const auto [known, is_new] = last_.try_emplace(hash, now);
  if (is_new) return false;
  const Last before = std::exchange(known->second, now);
  return before.at_micros >= now_micros - horizon_micros_ &&
         before.arrival_micros >= arrival_micros - known_micros();
}

void SeenIds::Forget(int64_t before_micros) {
  for (; !came_.empty() && came_.front().at_micros < before_micros;
       came_.pop_front()) {
    const auto known = last_.find(came_.front().id);
    // One that came again since stands behind.
    if (known != last_.end() && known->second.at_micros < before_micros) {
      last_.erase(known);
    }
  }
}

}  // namespace freshet
