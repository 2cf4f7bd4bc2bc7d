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
};

// Counts are since the daemon began to read.
struct SourceState {
  std::string source;
  std::vector<SourcePartition> partitions;
  int64_t records = 0;
  int64_t events = 0;
  std::array<int64_t, kDeadLetterReasons> dead_letters = {};
  std::optional<int64_t> newest_event_micros;
  // All events of before came, as far as those that came tell: the newest one's
  // time, at most now.
  std::optional<int64_t> watermark_micros;
  KafkaHealth brokers;
  // OK, or why it is not read on: DATA_LOSS and "STREAM_GAP" if records are
  // gone, or the log is another (docs/semantics.md, rule 21).
  absl::Status health;
};

}  // namespace freshet
