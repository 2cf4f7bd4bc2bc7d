// SPDX-License-Identifier: Apache-2.0
// What is read from Kafka and where reading begins: plain values.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace freshet {

// Takes a sentence for the log; `trouble`: a warning or worse. Called from
// threads of librdkafka, also several at a time.
using KafkaSay = std::function<void(const std::string& sentence, bool trouble)>;

enum class KafkaTime { kNone, kCreated, kAppended };

struct KafkaHeader {
  std::string_view name;
  std::optional<std::string_view> value;
};

// One record. All views end with the next poll of the reader that gave it.
struct KafkaRecord {
  std::string_view topic = {};
  int32_t partition = 0;
  int64_t offset = 0;
  int64_t timestamp_micros = 0;  // Whole milliseconds: Kafka has no finer.
  KafkaTime timestamp_type = KafkaTime::kNone;
  std::optional<std::string_view> key = std::nullopt;
  std::optional<std::string_view> value = std::nullopt;  // None: a tombstone.
  std::vector<KafkaHeader> headers = {};
};

// The last record that was taken from a partition, as it is stored with what
// the record led to (docs/semantics.md, rule 21). `hash`: RecordHash.
struct LastRecord {
  int64_t offset = 0;
  uint64_t hash = 0;

  bool operator==(const LastRecord&) const = default;
};

// Where reading a partition begins.
struct KafkaStart {
  enum class Kind { kEarliest, kLatest, kTime, kOffset, kAfter, kNowhere };

  static KafkaStart Earliest() { return {}; }
  static KafkaStart Latest() { return {.kind = Kind::kLatest}; }
  // At the first record whose timestamp is not before it.
  static KafkaStart Time(int64_t micros) {
    return {.kind = Kind::kTime, .time_micros = micros};
  }
  // At this offset, with nothing to compare.
  static KafkaStart Offset(int64_t offset) {
    return {.kind = Kind::kOffset, .offset = offset};
  }
  // Behind a record, which is read again and compared first. `next`: up to
  // there nothing but the marks of transactions is known to follow it.
  static KafkaStart After(LastRecord last, int64_t next = 0) {
    return {.kind = Kind::kAfter, .offset = next, .last = last};
  }

  // It is not read until it is restarted elsewhere.
  static KafkaStart Nowhere() { return {.kind = Kind::kNowhere}; }

  Kind kind = Kind::kEarliest;
  int64_t offset = 0;
  int64_t time_micros = 0;
  LastRecord last = {};
};

// What happened to a partition, or to a whole topic.
struct KafkaEvent {
  enum class Kind {
    kStarted,     // Reading begins at `wanted`, with nothing to compare.
    kAppeared,    // A partition that is new: read from its beginning.
    kVerified,    // The record before `wanted` is the one that was stored.
    kUnverified,  // That record is compacted away, or aged out just before
                  // `wanted`: nothing is known to be lost. Read on.
    kGap,         // Records from `wanted` to `first` are gone. Stopped.
    kChanged,     // Another log than the one that was read: the record before
                  // `wanted` is another, or beyond the end. Stopped.
    kMissing,     // Not in the cluster; goes on by itself when it is back and
                  // what was read is still in it. Partition -1: the topic.
    kFailed,      // `status` says why; it is tried again.
  };

  Kind kind = Kind::kStarted;
  std::string topic;
  int32_t partition = -1;
  int64_t wanted = -1;  // The offset to be read next; -1: none yet.
  int64_t first = -1;   // Of the log, when asked: its first offset ...
  int64_t end = -1;     // ... and the one behind its last.
  absl::Status status = {};
};

struct KafkaHealth {
  int64_t contact_age_ms = -1;  // Since any broker answered; -1: never.
  absl::Status error;           // Why none answers, as far as is known.
};

// "partition 3 of topic 'clicks': offsets 5 to 7 are gone ...": for logs.
std::string Describe(const KafkaEvent& event);

}  // namespace freshet
