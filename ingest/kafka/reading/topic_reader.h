// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ingest/kafka/client/kafka_client.h"
#include "ingest/kafka/kafka_reader.h"
#include "ingest/kafka/reading/partition_reader.h"

namespace freshet {

// One topic of a KafkaReader: which partitions it has, who leads them, and
// what is there no longer. Used by the reader's thread.
class TopicReader {
 public:
  using Events = PartitionReader::Events;

  // Both outlive this object. INVALID_ARGUMENT for a name that no topic has.
  static absl::StatusOr<std::unique_ptr<TopicReader>> Open(
      KafkaClient& client, rd_kafka_queue_t* queue, KafkaTopicStart start);
  ~TopicReader();
  TopicReader(const TopicReader&) = delete;
  TopicReader& operator=(const TopicReader&) = delete;

  // Asks for the topic's partitions. Fails only where no broker answered.
  absl::Status Refresh(int timeout_ms, Events& events);

  // Places the partitions that wait for it and have a leader.
  void Place(int timeout_ms, Events& events);

  // An error of a partition, as fetching gave it.
  void TakeError(const rd_kafka_message_t& message, Events& events);

  void DoubtAll();
  bool AnyUnplaced() const;

  PartitionReader* Find(int32_t partition);
  rd_kafka_topic_t* handle() const { return topic_; }
  const std::string& name() const { return name_; }
  void AppendStates(std::vector<KafkaPartitionState>& states) const;

 private:
  struct Entry {
    std::unique_ptr<PartitionReader> reader;
    int32_t leader = -1;
    std::chrono::steady_clock::time_point led_since = {};  // By that one.
    bool missing = false;
    absl::Status failure;  // As it was reported.
  };

  TopicReader(KafkaClient& client, rd_kafka_queue_t* queue,
              KafkaTopicStart start);

  void Add(int32_t partition, KafkaStart start, bool appeared);
  void TakeLeaders(const rd_kafka_metadata_topic_t& found, Events& events);
  void Miss(Events& events);
  void Miss(Entry& entry, Events& events);
  void Fail(Entry& entry, const absl::Status& status, Events& events);
  bool IsDue(const Entry& entry) const;
  int64_t SilentMs(const Entry& entry) const;

  KafkaClient& client_;
  rd_kafka_queue_t* const queue_;
  const std::string name_;
  rd_kafka_topic_t* topic_ = nullptr;
  KafkaStart fresh_;
  bool discovered_ = false;
  bool missing_ = false;
  absl::Status failure_;
  std::map<int32_t, Entry> partitions_;
};

}  // namespace freshet
