// SPDX-License-Identifier: Apache-2.0
#include "ingest/kafka/kafka_writer.h"

#include <utility>

#include "base/error.h"
#include "base/status.h"
#include "ingest/kafka/kafka_producer.h"

namespace freshet {

absl::StatusOr<std::unique_ptr<KafkaWriter>> KafkaWriter::Open(
    const KafkaSettings& settings, KafkaSay say) {
  std::unique_ptr<KafkaWriter> writer(
      new KafkaWriter(settings, std::move(say)));
  RETURN_IF_ERROR(writer->Producer().status());
  return writer;
}

KafkaWriter::KafkaWriter(KafkaSettings settings, KafkaSay say)
    : settings_(std::move(settings)), say_(std::move(say)) {}

KafkaWriter::~KafkaWriter() = default;

absl::StatusOr<std::shared_ptr<KafkaProducer>> KafkaWriter::Producer() {
  // The old one's end is waited for outside of the lock.
  std::shared_ptr<KafkaProducer> ended;
  MutexLock lock(mu_);
  if (producer_ != nullptr && !producer_->HasEnded()) return producer_;
  ASSIGN_OR_RETURN(std::shared_ptr<KafkaProducer> fresh,
                   KafkaProducer::Open(settings_, say_));
  ended = std::exchange(producer_, std::move(fresh));
  return producer_;
}

std::vector<KafkaWritten> KafkaWriter::Write(
    std::span<const KafkaMessage> messages, std::chrono::milliseconds timeout) {
  const absl::StatusOr<std::shared_ptr<KafkaProducer>> producer = Producer();
  if (!producer.ok()) {
    return std::vector<KafkaWritten>(messages.size(),
                                     {.status = producer.status()});
  }
  const auto delivery = std::make_shared<KafkaDelivery>(messages.size());
  (*producer)->Produce(messages, delivery);
  return delivery->Wait(
      timeout,
      DeadlineExceeded("not acknowledged in {} ms; it may still arrive",
                       timeout.count()));
}

void KafkaWriter::Start(std::span<const KafkaMessage> messages, Done done) {
  const absl::StatusOr<std::shared_ptr<KafkaProducer>> producer = Producer();
  if (!producer.ok() || messages.empty()) {
    return done(std::vector<KafkaWritten>(messages.size(),
                                          {.status = producer.status()}));
  }
  (*producer)->Produce(messages, std::make_shared<KafkaDelivery>(
                                     messages.size(), std::move(done)));
}

KafkaHealth KafkaWriter::Health() const {
  MutexLock lock(mu_);
  return {.contact_age_ms = producer_->client().contacts().NewestAgeMs(),
          .error = producer_->client().LastError()};
}

}  // namespace freshet
