// SPDX-License-Identifier: Apache-2.0
#include "ingest/feed/seeks.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "ingest/feed/topic_starts.h"

namespace freshet {

absl::StatusOr<std::vector<Seeks::Partition>> Seeks::Ask(
    const Seek& seek, const SourceState& state) {
  std::vector<Partition> found;
  std::vector<Asked> asked;
  std::set<Partition> unknown(seek.partitions.begin(), seek.partitions.end());
  for (const SourcePartition& one : state.partitions) {
    const Partition partition(one.at.topic, one.at.partition);
    const bool is_named = unknown.erase(partition) > 0;
    if (!seek.partitions.empty() && !is_named) continue;
    const bool earliest = seek.start.kind == KafkaStart::Kind::kEarliest;
    if (earliest && !one.at.stopped) continue;
    found.push_back(partition);
    asked.push_back({.partition = partition,
                     .start = seek.start,
                     // Of one that is to be placed yet: where it was.
                     .position = one.at.stopped
                                     ? -1
                                     : std::max<int64_t>(one.at.position, 0)});
  }
  if (!unknown.empty()) {
    return NotFound("source '{}' does not read partition {} of topic '{}'",
                    state.source, unknown.begin()->second,
                    unknown.begin()->first);
  }
  if (found.empty()) {
    return FailedPrecondition(
        "source '{}': no partition is stopped, and one that is read does not "
        "go back to the earliest record",
        state.source);
  }
  MutexLock lock(mu_);
  asked_.insert(asked_.end(), asked.begin(), asked.end());
  return found;
}

bool Seeks::IsAsked() const {
  MutexLock lock(mu_);
  return !asked_.empty();
}

void Seeks::GoOn(const PartitionPosition& at) {
  MutexLock lock(mu_);
  asked_.insert(asked_.begin(), Asked{.partition = {at.topic, at.partition},
                                      .start = StartAfter(at),
                                      .position = at.next});
}

void Seeks::Restart(KafkaReader& reader, const Positions& positions) {
  std::vector<Asked> asked;
  {
    MutexLock lock(mu_);
    asked.swap(asked_);
  }
  std::set<Partition> stopped;
  for (const KafkaPartitionState& at : reader.Partitions()) {
    if (at.stopped) stopped.emplace(at.topic, at.partition);
  }
  for (const Asked& one : asked) {
    Before before{.position = one.position};
    // It was told of as stopped, and goes on since, as was asked before.
    if (one.position < 0 && !one.again && !stopped.contains(one.partition)) {
      if (one.start.kind == KafkaStart::Kind::kEarliest) continue;
      if (!before_.contains(one.partition)) before.position = 0;
    }
    const auto at = positions.find(one.partition);
    if (before.position >= 0 && at != positions.end()) {
      before.position = std::max(before.position, at->second.next);
      before.start = StartAfter(at->second);
    }
    const absl::Status restarted =
        reader.Restart(one.partition.first, one.partition.second, one.start);
    // It was there when it was asked for, and is gone with its topic.
    if (restarted.ok() && !one.again) before_[one.partition] = before;
  }
}

Seeks::Begins Seeks::Settle(const KafkaEvent& begun) {
  const auto found = before_.extract(Partition(begun.topic, begun.partition));
  if (found.empty()) return Begins::kUnasked;
  const Before& before = found.mapped();
  if (begun.wanted == before.position) return Begins::kThere;
  if (begun.wanted > before.position) return Begins::kForward;
  MutexLock lock(mu_);
  asked_.push_back(
      {.partition = found.key(), .start = before.start, .again = true});
  return Begins::kBack;
}

}  // namespace freshet
