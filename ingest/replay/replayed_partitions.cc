// SPDX-License-Identifier: Apache-2.0
#include "ingest/replay/replayed_partitions.h"

#include <algorithm>

#include "base/error.h"
#include "base/status.h"
#include "ingest/kafka/record_hash.h"

namespace freshet {
namespace {

// Of the first records that are there one may be of long before.
constexpr int64_t kFirstRecords = 1'000;
// So many one after the other that are no events are none of today's
// definition, and were perhaps of the one that they were read by.
constexpr int64_t kUnreadableMany = 100;

}  // namespace

ReplayedPartitions::ReplayedPartitions(
    const std::vector<std::string>& topics,
    const std::vector<PartitionPosition>& positions, Range range)
    : range_(range) {
  for (const PartitionPosition& at : positions) {
    if (std::find(topics.begin(), topics.end(), at.topic) == topics.end()) {
      had_other_topics_ = true;
    } else {
      parts_[{at.topic, at.partition}].until = at;
    }
  }
}

absl::Status ReplayedPartitions::Begin(const KafkaEvent& started) {
  const auto found = parts_.find({started.topic, started.partition});
  if (found == parts_.end()) return absl::OkStatus();
  Part& part = found->second;
  if (started.end < part.until.next) {
    return DataLoss(
        "STREAM_GAP: partition {} of topic '{}' ends at offset {}, and was "
        "read until {}: it is another",
        started.partition, started.topic, started.end, part.until.next);
  }
  part.all_kept = started.wanted == 0;
  part.is_cut = started.wanted == started.first;
  return absl::OkStatus();
}

absl::StatusOr<ReplayedPartitions::Part*> ReplayedPartitions::Take(
    const KafkaRecord& record) {
  const auto found = parts_.find({std::string(record.topic), record.partition});
  if (found == parts_.end()) return nullptr;
  Part& part = found->second;
  if (record.offset >= part.until.next) return nullptr;
  const auto& last = part.until.last;
  if (last && last->offset == record.offset &&
      last->hash != RecordHash(record)) {
    return DataLoss(
        "STREAM_GAP: offset {} of partition {} of topic '{}' is another record "
        "than was read",
        record.offset, record.partition, std::string(record.topic));
  }
  const int64_t written_micros =
      record.timestamp_type == KafkaTime::kNone
          ? range_.until_micros
          : std::min(record.timestamp_micros, range_.until_micros);
  part.at_micros = std::max(part.at_micros, written_micros);
  if (part.records == 0 && record.offset > 0) part.all_kept = false;
  if (++part.records <= kFirstRecords) part.first_micros = part.at_micros;
  return &part;
}

void ReplayedPartitions::NoteUnreadable(Part& part) {
  if (++part.unreadable >= kUnreadableMany) {
    part.unreadable_micros = part.at_micros;
  }
}

absl::Status ReplayedPartitions::NoteRead(const KafkaReader& reader,
                                          const KafkaBatch& polled) {
  for (const KafkaEnd& end : polled.ends) {
    const auto found = parts_.find({std::string(end.topic), end.partition});
    if (found != parts_.end()) found->second.last = end.last;
  }
  const std::vector<KafkaPartitionState> states = reader.Partitions();
  for (const KafkaPartitionState& at : states) {
    const auto found = parts_.find({at.topic, at.partition});
    if (found == parts_.end() || at.position < 0) continue;
    Part& part = found->second;
    part.left = std::max<int64_t>(0, part.until.next - at.position);
    part.done |= part.left == 0;
  }
  // All partitions of a topic are known at once.
  for (const auto& [partition, part] : parts_) {
    bool topic = false;
    bool there = false;
    for (const KafkaPartitionState& at : states) {
      topic |= at.topic == partition.first;
      there |= at.topic == partition.first && at.partition == partition.second;
    }
    if (topic && !there) {
      return DataLoss(
          "STREAM_GAP: partition {} of topic '{}' was read, and is not there "
          "any more",
          partition.second, partition.first);
    }
  }
  return absl::OkStatus();
}

int64_t ReplayedPartitions::records_left() const {
  int64_t left = 0;
  for (const auto& [partition, part] : parts_) left += part.left;
  return left;
}

bool ReplayedPartitions::AllDone() const {
  return std::all_of(parts_.begin(), parts_.end(),
                     [](const auto& one) { return one.second.done; });
}

bool ReplayedPartitions::AllBegun() const {
  return std::all_of(parts_.begin(), parts_.end(), [](const auto& one) {
    return one.second.done || one.second.records >= kFirstRecords;
  });
}

int64_t ReplayedPartitions::WholeFrom() const {
  int64_t whole_from_micros = had_other_topics_ ? range_.until_micros : 0;
  for (const auto& [partition, part] : parts_) {
    int64_t from_micros = part.unreadable_micros;
    if (!part.all_kept) {
      from_micros = std::max(from_micros, range_.from_micros.value_or(0));
    }
    // What was there before its first record is gone.
    if (!part.all_kept && part.is_cut) {
      from_micros =
          std::max(from_micros,
                   part.records > 0 ? part.first_micros : range_.until_micros);
    }
    whole_from_micros = std::max(whole_from_micros, from_micros);
  }
  return whole_from_micros;
}

}  // namespace freshet
