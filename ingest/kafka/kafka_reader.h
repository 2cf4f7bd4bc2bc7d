// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/streams/kafka_settings.h"
#include "ingest/kafka/kafka_record.h"

namespace freshet {

class KafkaClient;
class TopicReader;

// A topic to read and where to begin. `partitions` is what was stored of an
// earlier run; a partition that is not in it, while others are, appeared since
// and is read from its beginning. With none stored all begin at `fresh`.
struct KafkaTopicStart {
  std::string topic;
  KafkaStart fresh = {};
  std::map<int32_t, KafkaStart> partitions = {};
};

// The last record of a partition in a batch: to be stored, in the same write,
// with what the batch leads to.
struct KafkaEnd {
  std::string_view topic;
  int32_t partition = 0;
  LastRecord last;
};

// What a poll gave; valid until the next one. Events are older than records.
struct KafkaBatch {
  std::span<const KafkaRecord> records;
  std::span<const KafkaEnd> ends;
  std::span<const KafkaEvent> events;
};

struct KafkaPartitionState {
  std::string topic;
  int32_t partition = 0;
  bool reading = false;         // Not waiting for its start, nor stopped.
  bool stopped = false;         // By a gap or another log: Restart it.
  int64_t position = -1;        // The offset to be read next; -1: none yet.
  int64_t lag = -1;             // Offsets from there to the log's end, as far
                                // as was heard; -1: nothing yet.
  int64_t contact_age_ms = -1;  // Since its leader answered; -1: never.
  // For so long it has given nothing: no answer of its leader, since that leads
  // it and is to be asked, and no record that was handed out; -1: no leader.
  int64_t silent_ms = -1;
};

// Reads all partitions of some topics for one consumer of the daemon: each
// daemon holds all of its state, so partitions are taken by assignment, with
// no consumer group, and the caller keeps the offsets (docs/semantics.md, rules
// 20 and 21). A partition is never set forward silently: what is gone, and a
// log that is not the one that was read, comes as an event and stops it.
//
// The last record taken is read again and compared at the start, after a
// topic was missing, after all brokers were lost and after a pause. A topic
// that is deleted, made anew and filled beyond the position between two fetches
// of a running reader is not noticed: Kafka's topic ids, which would tell, are
// newer than librdkafka 2.0.
//
// Memory is bounded by the settings' queue, and the records of one poll.
// Brokers that are down are no error: reading goes on when they are back.
// Used by one thread at a time.
class KafkaReader {
 public:
  // Asks no broker. INVALID_ARGUMENT for settings that are wrong, a topic
  // that is named twice, or none. `say` may be null, and outlives this object.
  static absl::StatusOr<std::unique_ptr<KafkaReader>> Open(
      const KafkaSettings& settings, std::vector<KafkaTopicStart> topics,
      KafkaSay say);
  // Ends within about a second, also when no broker answers.
  ~KafkaReader();
  KafkaReader(const KafkaReader&) = delete;
  KafkaReader& operator=(const KafkaReader&) = delete;

  // Returns as soon as there is anything, at most `records_max` records, or
  // when `timeout` has passed. A broker that has to be asked and does not
  // answer can hold it for some seconds longer. Requires: records_max > 0.
  KafkaBatch Poll(size_t records_max, std::chrono::milliseconds timeout);

  // Fetches nothing more and drops what is fetched and not yet handed out;
  // Resume reads it again.
  void Pause();
  void Resume();

  // Where a partition goes on that an event stopped, or that shall be read
  // from elsewhere. NOT_FOUND for one that was never seen.
  absl::Status Restart(const std::string& topic, int32_t partition,
                       KafkaStart start);

  std::vector<KafkaPartitionState> Partitions() const;
  KafkaHealth Health() const;

 private:
  struct Messages;
  using Instant = std::chrono::steady_clock::time_point;

  KafkaReader(const KafkaSettings& settings,
              std::unique_ptr<KafkaClient> client);

  void RefreshTopics();
  void LookForMovedLeaders();
  void PlacePartitions();
  void HandOut();
  void DoubtAll();
  std::chrono::milliseconds UntilNextTask(
      std::chrono::milliseconds timeout) const;

  const std::chrono::milliseconds metadata_interval_;
  std::unique_ptr<KafkaClient> client_;
  std::unique_ptr<Messages> messages_;
  std::vector<std::unique_ptr<TopicReader>> topics_;
  bool paused_ = false;
  Instant refresh_at_;
  Instant place_at_;
  Instant look_at_;     // Whether a leader is silent.
  Instant resumed_at_;  // Nobody was asked before.
  std::vector<KafkaRecord> records_;
  std::vector<KafkaEnd> ends_;
  std::vector<KafkaEvent> events_;
};

}  // namespace freshet
