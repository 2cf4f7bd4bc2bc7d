// SPDX-License-Identifier: Apache-2.0
// What operators are told of a source that is read from topics: plain values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "ingest/kafka/kafka_reader.h"

namespace freshet {

// Why a record became no event.
enum class DeadLetterReason {
  kTombstone,  // It has no value.
  kMalformed,  // Its value is not of the source's format.
  kWrongType,  // A field is not of its type.
  kNoTime,
  kFuture,   // Further ahead of our clock than `max_future_skew`.
  kTooLong,  // More than a record of the change log has room for.
};
inline constexpr size_t kDeadLetterReasons = 6;

// `tombstone`, `malformed`, ...: in the file of dead letters and in metrics.
std::string_view DeadLetterReasonName(DeadLetterReason reason);

struct SourcePartition {
  KafkaPartitionState at;
  std::string trouble;  // What stopped it, or keeps it from being read.
  // Everything that was written to it until then was read: the timestamp of the
  // last record that was taken, or when its leader was heard of last while
  // there was no other.
  std::optional<int64_t> whole_until_micros;
  int64_t seen_micros = 0;  // Since then it is to be read.
};

// For how long what is written has not been read, of the partition that is
// furthest behind: so a quiet one is not behind, and one whose brokers are
// gone, or that is stopped or paused, is more and more. Nullopt: it is not
// known of all.
std::optional<int64_t> BehindMicros(
    const std::vector<SourcePartition>& partitions, int64_t now_micros);

// Counts are since the daemon began to read.
struct SourceState {
  std::string source;
  int64_t began_micros = 0;  // When it did.
  std::vector<SourcePartition> partitions;
  int64_t records = 0;
  int64_t events = 0;
  std::array<int64_t, kDeadLetterReasons> dead_letters = {};
  std::optional<int64_t> newest_event_micros;
  // Everything that was written to the topics so long ago was read; nullopt: it
  // is not known of all partitions.
  std::optional<int64_t> behind_micros;
  // As that; where it is not known, for how long it has not been.
  int64_t behind_at_least_micros = 0;
  bool paused = false;  // By an operator.
  KafkaHealth brokers;
  // OK, or why it is not read on: DATA_LOSS and "STREAM_GAP" if records are
  // gone, or the log is another (docs/semantics.md, rule 21).
  absl::Status health;
};

// As SourceState's.
int64_t BehindAtLeastMicros(const SourceState& state, int64_t now_micros);

// What `health` is of the rest of a state. `trouble`: what else keeps something
// from being read; "": nothing.
absl::Status HealthOf(const SourceState& state, std::string_view trouble);

// What is said of a push log until it is known: right after a start, of a topic
// that perhaps nobody can read.
absl::Status NotKnownToBeRead();

// Whether a push log can take pushes that are to be acknowledged in so long:
// one that could not be would be written all the same, and again by who pushes
// it again.
absl::Status PushHealthOf(const SourceState& state, int64_t timeout_ms);

}  // namespace freshet
