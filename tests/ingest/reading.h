// SPDX-License-Identifier: Apache-2.0
// What a test of KafkaReader reads, kept beyond the next poll.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ingest/kafka/kafka_reader.h"

namespace freshet {

struct ReadRecord {
  std::string topic;
  int32_t partition = 0;
  int64_t offset = 0;
  int64_t timestamp_micros = 0;
  KafkaTime timestamp_type = KafkaTime::kNone;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
};

// Opens with CHECK: the settings of a test are right.
std::unique_ptr<KafkaReader> OpenReader(const KafkaSettings& settings,
                                        std::vector<KafkaTopicStart> topics);

class Reading {
 public:
  using Done = std::function<bool(const Reading&)>;

  // Polls until `done`; false if 30 s pass first.
  bool Until(KafkaReader& reader, const Done& done, size_t records_max = 100);
  bool UntilRecords(KafkaReader& reader, size_t count);
  bool UntilEvent(KafkaReader& reader, KafkaEvent::Kind kind);

  // Offsets of a partition as they came, and values.
  std::vector<int64_t> Offsets(const std::string& topic,
                               int32_t partition) const;
  std::vector<std::string> Values(const std::string& topic,
                                  int32_t partition) const;
  std::vector<KafkaEvent> Events(KafkaEvent::Kind kind) const;
  // The last one stored of a partition.
  LastRecord Last(const std::string& topic, int32_t partition) const;

  std::vector<ReadRecord> records;
  std::vector<KafkaEvent> events;
  std::map<std::pair<std::string, int32_t>, LastRecord> ends;
};

}  // namespace freshet
