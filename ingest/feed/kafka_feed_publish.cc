// SPDX-License-Identifier: Apache-2.0
// What a feed tells of how far it is.
#include <utility>

#include "ingest/feed/kafka_feed.h"
#include "ingest/push_log/push_log.h"

namespace freshet {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPublishEvery(100);

}  // namespace

// Of what is read on: not every failure has an event that says it is over.
void KafkaFeed::ForgetTroubles(
    const std::vector<KafkaPartitionState>& partitions) {
  std::map<std::string, bool> all_read;  // By topic.
  for (const KafkaPartitionState& at : partitions) {
    if (at.reading) troubles_.erase({at.topic, at.partition});
    all_read.try_emplace(at.topic, true).first->second &= at.reading;
  }
  for (const auto& [topic, read] : all_read) {
    if (read) troubles_.erase({topic, -1});
  }
}

void KafkaFeed::Publish(const KafkaReader& reader) {
  publish_at_ = Steady::now() + kPublishEvery;
  SourceState state = counted_;
  state.paused = is_paused_;
  std::vector<KafkaPartitionState> partitions = reader.Partitions();
  ForgetTroubles(partitions);
  const int64_t now_micros = parts_.clock->NowMicros();
  const bool first = seen_.empty();
  for (KafkaPartitionState& at : partitions) {
    const auto trouble = troubles_.find({at.topic, at.partition});
    const std::string why =
        trouble == troubles_.end() ? std::string() : trouble->second;
    // Where all is read that its leader has: when that was heard.
    const Seeks::Partition id(at.topic, at.partition);
    if (at.reading && at.lag == 0 && at.contact_age_ms >= 0 && !is_paused_) {
      NoteWhole(id, now_micros - at.contact_age_ms * 1'000);
    }
    const auto whole = whole_until_.find(id);
    SourcePartition& partition = state.partitions.emplace_back();
    if (whole != whole_until_.end()) {
      partition.whole_until_micros = whole->second;
    }
    // All that there are at first were to be read from the beginning on.
    partition.seen_micros =
        seen_.try_emplace(id, first ? state.began_micros : now_micros)
            .first->second;
    partition.trouble = why;
    partition.at = std::move(at);
  }
  state.behind_micros = BehindMicros(state.partitions, now_micros);
  state.brokers = reader.Health();
  state.health =
      HealthOf(state, troubles_.empty() ? "" : troubles_.begin()->second);
  if (parts_.push_log != nullptr) {
    TellPushLog(PushHealthOf(
        state, parts_.push_log->log().read.cluster.delivery_timeout_ms));
  }
  MutexLock lock(mu_);
  state_ = std::move(state);
}

}  // namespace freshet
