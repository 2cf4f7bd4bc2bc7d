// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/position.h"
#include "config/streams/kafka_settings.h"
#include "config/streams/schema_registry.h"

namespace freshet {

enum class StreamFormat { kJson, kAvro, kProtobuf };

// What a record's value is about an event. kDebezium: a change of a row of a
// database, with what the row was before and is after it.
enum class RecordEnvelope { kNone, kDebezium };

// Where reading begins what was never read.
enum class TopicStart { kEarliest, kLatest, kTime };

// The topics that a stream source's events come from. Which they are, and how
// they are reached, decides nothing about tiles: a topic that is added is read
// from `start` on, one that comes back from where it was left.
struct KafkaSource {
  KafkaSettings cluster = {};
  std::vector<std::string> topics = {};
  TopicStart start = TopicStart::kEarliest;
  int64_t start_micros = 0;  // For kTime.
  StreamFormat format = StreamFormat::kJson;
  RecordEnvelope envelope = RecordEnvelope::kNone;
  // What values are written by, one of them, for a format that needs it: a
  // schema (of Avro: JSON; of protobuf: a .proto file, with the name of one of
  // its messages), or one that each record names.
  std::string schema = {};
  Position schema_at = {};
  std::string message = {};
  std::optional<SchemaRegistrySettings> schema_registry = std::nullopt;
  Position at = {};

  bool operator==(const KafkaSource& other) const {
    return cluster == other.cluster && topics == other.topics &&
           start == other.start && start_micros == other.start_micros &&
           format == other.format && envelope == other.envelope &&
           schema == other.schema && message == other.message &&
           schema_registry == other.schema_registry;
  }
};

}  // namespace freshet
