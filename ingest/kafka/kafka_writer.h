// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "config/streams/kafka_settings.h"
#include "ingest/kafka/kafka_record.h"

namespace freshet {

class KafkaProducer;

// A record to write. Views are needed until Write or Start returns.
struct KafkaMessage {
  std::string topic;
  // None: by the key, as Java's producer.
  std::optional<int32_t> partition = std::nullopt;
  std::optional<std::string_view> key = std::nullopt;
  std::optional<std::string_view> value = std::nullopt;  // None: a tombstone.
  std::vector<KafkaHeader> headers = {};
  // None: now. Kafka keeps whole milliseconds.
  std::optional<int64_t> timestamp_micros = std::nullopt;
};

// What became of one. OK: every replica in sync has it, at this offset.
struct KafkaWritten {
  absl::Status status;
  int32_t partition = -1;
  int64_t offset = -1;
};

// Writes records that must not be lost: push logs and dead letters. Idempotent
// and acknowledged by all replicas, so that librdkafka's own retries neither
// double nor reorder. A write that failed, or whose time ran out, and is
// written again by the caller may be there twice. Safe to use from any thread;
// none may be in Write or Start when it is destroyed.
class KafkaWriter {
 public:
  // Asks no broker. INVALID_ARGUMENT for settings that are wrong. `say` may be
  // null, and outlives this object.
  static absl::StatusOr<std::unique_ptr<KafkaWriter>> Open(
      const KafkaSettings& settings, KafkaSay say);
  // Gives up what is not acknowledged yet: CANCELLED, and it may still arrive.
  ~KafkaWriter();
  KafkaWriter(const KafkaWriter&) = delete;
  KafkaWriter& operator=(const KafkaWriter&) = delete;

  // Returns when all are acknowledged or have failed, or when `timeout` has
  // passed: what is then open is DEADLINE_EXCEEDED and may still arrive. One
  // outcome for each message, in order. RESOURCE_EXHAUSTED: the queue is full;
  // this message and those behind it were not taken.
  std::vector<KafkaWritten> Write(std::span<const KafkaMessage> messages,
                                  std::chrono::milliseconds timeout);

  // The same without waiting for brokers: `done` is called once, with an
  // outcome for each message, on a thread of the writer's or before Start
  // returns. What is not acknowledged in the settings' `delivery_timeout_ms`
  // has failed. After a fatal error Start may wait seconds for the old
  // producer's end.
  using Done = std::function<void(const std::vector<KafkaWritten>& outcomes)>;
  void Start(std::span<const KafkaMessage> messages, Done done);

  KafkaHealth Health() const;

 private:
  KafkaWriter(KafkaSettings settings, KafkaSay say);

  // The producer; a new one if a fatal error has ended the last.
  absl::StatusOr<std::shared_ptr<KafkaProducer>> Producer();

  const KafkaSettings settings_;
  const KafkaSay say_;
  mutable Mutex mu_;
  std::shared_ptr<KafkaProducer> producer_ ABSL_GUARDED_BY(mu_);
};

}  // namespace freshet
