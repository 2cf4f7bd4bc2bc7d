// SPDX-License-Identifier: Apache-2.0
#include "ingest/feed/source_state.h"

#include <algorithm>

#include "base/error.h"

namespace freshet {

std::string_view DeadLetterReasonName(DeadLetterReason reason) {
  switch (reason) {
    case DeadLetterReason::kTombstone:
      return "tombstone";
    case DeadLetterReason::kMalformed:
      return "malformed";
    case DeadLetterReason::kWrongType:
      return "wrong_type";
    case DeadLetterReason::kNoTime:
      return "no_time";
    case DeadLetterReason::kFuture:
      return "future";
    case DeadLetterReason::kTooLong:
      break;
  }
  return "too_long";
}

std::optional<int64_t> BehindMicros(
    const std::vector<SourcePartition>& partitions, int64_t now_micros) {
  std::optional<int64_t> behind;
  for (const SourcePartition& one : partitions) {
    if (!one.whole_until_micros) return std::nullopt;
    const int64_t micros =
        std::max<int64_t>(now_micros - *one.whole_until_micros, 0);
    behind = std::max(behind.value_or(0), micros);
  }
  return behind;
}

int64_t BehindAtLeastMicros(const SourceState& state, int64_t now_micros) {
  int64_t since = state.partitions.empty() ? state.began_micros : now_micros;
  for (const SourcePartition& one : state.partitions) {
    since = std::min(since, one.whole_until_micros.value_or(one.seen_micros));
  }
  return std::max<int64_t>(now_micros - since, 0);
}

absl::Status HealthOf(const SourceState& state, std::string_view trouble) {
  // Brokers that answered no longer ago are there.
  constexpr int64_t kContactAgeMaxMs = 10'000;
  for (const SourcePartition& one : state.partitions) {
    if (one.at.stopped) return DataLoss("STREAM_GAP: {}", one.trouble);
  }
  if (state.paused) return absl::OkStatus();
  const int64_t age_ms = state.brokers.contact_age_ms;
  if ((age_ms < 0 || age_ms > kContactAgeMaxMs) && !state.brokers.error.ok()) {
    return Unavailable("no broker answers: {}",
                       std::string(state.brokers.error.message()));
  }
  return trouble.empty() ? absl::OkStatus()
                         : Unavailable("{}", std::string(trouble));
}

absl::Status NotKnownToBeRead() {
  return Unavailable("it is not known yet how far; try again");
}

absl::Status PushHealthOf(const SourceState& state, int64_t timeout_ms) {
  if (state.paused) return Unavailable("it is paused");
  if (!state.health.ok()) return state.health;
  if (!state.behind_micros) return NotKnownToBeRead();
  const int64_t behind_ms = *state.behind_micros / 1'000;
  if (behind_ms <= timeout_ms) return absl::OkStatus();
  return Unavailable("it is {} s behind", behind_ms / 1'000);
}

}  // namespace freshet
