// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/position.h"
#include "config/streams/kafka_settings.h"

namespace freshet {

enum class StreamFormat { kJson };

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
  Position at = {};

  bool operator==(const KafkaSource& other) const {
    return cluster == other.cluster && topics == other.topics &&
           start == other.start && start_micros == other.start_micros &&
           format == other.format;
  }
};

}  // namespace freshet
