// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ingest/kafka/kafka_record.h"
#include "ingest/kafka/reading/placement.h"

namespace freshet {

// One partition of a KafkaReader: where its reading stands, and whether the
// log is still the one that was read. Every start, the first and each one
// after doubt, goes the same way: unplaced; then the log's range is known and
// fetching begins, at the last record taken if there is one; that record is
// compared and not handed out again; then records are. A gap or another log
// stops the partition until it is restarted. Used by the reader's thread.
class PartitionReader {
 public:
  enum class State { kUnplaced, kVerifying, kReading, kStopped };
  using Events = std::vector<KafkaEvent>;

  struct Progress {
    int32_t partition = 0;
    State state = State::kUnplaced;
    std::optional<LastRecord> last = std::nullopt;  // That was handed out.
    int64_t position = -1;  // The offset to be read next.
    std::chrono::steady_clock::time_point handed_out = {};  // `last`.
  };

  // Records come in `queue`. Both must outlive this object.
  struct Source {
    rd_kafka_topic_t* topic = nullptr;
    rd_kafka_queue_t* queue = nullptr;
    int32_t id = 0;
  };
  // `appeared`: the partition is new, and its start is said so.
  PartitionReader(Source source, KafkaStart start, bool appeared);
  ~PartitionReader() { StopFetching(); }
  PartitionReader(const PartitionReader&) = delete;
  PartitionReader& operator=(const PartitionReader&) = delete;

  // Requires: unplaced. Begins to fetch, or stops the partition.
  void PlaceIn(const LogRange& log, Events& events);

  // Whether the record is to be handed out.
  bool Take(const KafkaRecord& record, Events& events);
  void TakeEndOfLog(int64_t offset, Events& events);
  // The record that was taken last, which has that hash.
  void HandedOut(uint64_t hash) {
    at_.last->hash = hash;
    at_.handed_out = std::chrono::steady_clock::now();
  }

  // Fetches no more, and is placed anew behind what was handed out.
  void Doubt();
  void Restart(KafkaStart start);

  // Where the next placing begins.
  KafkaStart NextStart() const;
  KafkaEvent MakeEvent(KafkaEvent::Kind kind) const;

  const Progress& at() const { return at_; }
  // Of the log, as far as this reader has heard.
  int64_t KnownEnd(rd_kafka_t* handle) const;

 private:
  void StopFetching();
  void End(KafkaEvent::Kind kind, Events& events);

  const Source source_;
  Progress at_;
  KafkaStart start_;
  bool appeared_;
  bool fetching_ = false;
  bool heard_ = false;  // Anything of the log since it was placed.
  LogRange log_;
};

}  // namespace freshet
