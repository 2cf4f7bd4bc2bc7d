// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "ingest/kafka/client/kafka_client.h"
#include "ingest/kafka/kafka_writer.h"

namespace freshet {

// The records that were written together, until the last of them is reported:
// that may be after who waits has gone. Safe to use from any thread.
class KafkaDelivery {
 public:
  // `done`, if there is one, is called with all outcomes, where the last of
  // them is reported.
  explicit KafkaDelivery(size_t messages, KafkaWriter::Done done = nullptr);

  void Report(size_t index, KafkaWritten outcome);

  // Waits for all. What is open then is `open`.
  std::vector<KafkaWritten> Wait(std::chrono::milliseconds timeout,
                                 const absl::Status& open);

 private:
  Mutex mu_;
  CondVar changed_;
  size_t open_ ABSL_GUARDED_BY(mu_);
  std::vector<std::optional<KafkaWritten>> outcomes_ ABSL_GUARDED_BY(mu_);
  const KafkaWriter::Done done_;
};

// One idempotent producer of librdkafka and the thread that takes its reports.
// A fatal error ends it for good. Safe to use from any thread.
class KafkaProducer {
 public:
  static absl::StatusOr<std::shared_ptr<KafkaProducer>> Open(
      const KafkaSettings& settings, KafkaSay say);
  // What is open is reported CANCELLED.
  ~KafkaProducer();
  KafkaProducer(const KafkaProducer&) = delete;
  KafkaProducer& operator=(const KafkaProducer&) = delete;

  // Each message is reported to `delivery` once, now or later.
  void Produce(std::span<const KafkaMessage> messages,
               const std::shared_ptr<KafkaDelivery>& delivery);

  bool HasEnded() const;
  const KafkaClient& client() const { return *client_; }

 private:
  explicit KafkaProducer(std::unique_ptr<KafkaClient> client);

  absl::Status ProduceOne(const KafkaMessage& message,
                          const std::shared_ptr<KafkaDelivery>& delivery,
                          size_t index);

  std::unique_ptr<KafkaClient> client_;
  std::atomic<bool> stop_{false};
  std::thread reports_;
};

}  // namespace freshet
