// SPDX-License-Identifier: Apache-2.0
#include "ingest/kafka/kafka_producer.h"

#include <array>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/status.h"
#include "ingest/kafka/client/kafka_status.h"

namespace freshet {
namespace {

using Clock = std::chrono::steady_clock;

// What comes back with a message's report.
struct Ticket {
  std::shared_ptr<KafkaDelivery> delivery;
  size_t index = 0;
};

void OnReport(rd_kafka_t* /*handle*/, const rd_kafka_message_t* message,
              void* /*opaque*/) {
  const std::unique_ptr<Ticket> ticket(static_cast<Ticket*>(message->_private));
  const absl::Status status = FromKafka(message->err, "not acknowledged");
  ticket->delivery->Report(ticket->index,
                           {.status = status,
                            .partition = message->partition,
                            .offset = status.ok() ? message->offset : -1});
}

// Never null for bytes that are there: null is a tombstone.
void* Pointer(const std::optional<std::string_view>& bytes) {
  if (!bytes) return nullptr;
  return const_cast<char*>(bytes->data() == nullptr ? "" : bytes->data());
}

size_t Size(const std::optional<std::string_view>& bytes) {
  return bytes ? bytes->size() : 0;
}

struct HeadersDelete {
  void operator()(rd_kafka_headers_t* headers) const {
    rd_kafka_headers_destroy(headers);
  }
};
using Headers = std::unique_ptr<rd_kafka_headers_t, HeadersDelete>;

Headers MakeHeaders(const std::vector<KafkaHeader>& headers) {
  Headers made(rd_kafka_headers_new(headers.size()));
  for (const KafkaHeader& header : headers) {
    rd_kafka_header_add(made.get(), header.name.data(),
                        static_cast<ssize_t>(header.name.size()),
                        Pointer(header.value),
                        static_cast<ssize_t>(Size(header.value)));
  }
  return made;
}

}  // namespace

KafkaDelivery::KafkaDelivery(size_t messages, KafkaWriter::Done done)
    : open_(messages), outcomes_(messages), done_(std::move(done)) {}

void KafkaDelivery::Report(size_t index, KafkaWritten outcome) {
  {
    MutexLock lock(mu_);
    CHECK(!outcomes_[index]);
    outcomes_[index] = std::move(outcome);
    if (--open_ > 0) return;
    changed_.SignalAll();
  }
  if (done_ != nullptr) done_(Wait(std::chrono::milliseconds(0), {}));
}

std::vector<KafkaWritten> KafkaDelivery::Wait(std::chrono::milliseconds timeout,
                                              const absl::Status& open) {
  const Clock::time_point deadline = Clock::now() + timeout;
  MutexLock lock(mu_);
  while (open_ > 0) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) break;
    changed_.WaitFor(mu_, left);
  }
  std::vector<KafkaWritten> outcomes;
  outcomes.reserve(outcomes_.size());
  for (const std::optional<KafkaWritten>& outcome : outcomes_) {
    outcomes.push_back(outcome ? *outcome : KafkaWritten{.status = open});
  }
  return outcomes;
}

absl::StatusOr<std::shared_ptr<KafkaProducer>> KafkaProducer::Open(
    const KafkaSettings& settings, KafkaSay say) {
  ASSIGN_OR_RETURN(KafkaConf conf, MakeWriterConf(settings));
  rd_kafka_conf_set_dr_msg_cb(conf.get(), &OnReport);
  ASSIGN_OR_RETURN(
      std::unique_ptr<KafkaClient> client,
      KafkaClient::Open(RD_KAFKA_PRODUCER, std::move(conf), std::move(say)));
  return std::shared_ptr<KafkaProducer>(new KafkaProducer(std::move(client)));
}

KafkaProducer::KafkaProducer(std::unique_ptr<KafkaClient> client)
    : client_(std::move(client)), reports_([this] {
        // So long a producer's end waits for this thread.
        constexpr int kServeMs = 50;
        while (!stop_) client_->Serve(kServeMs);
      }) {}

KafkaProducer::~KafkaProducer() {
  stop_ = true;
  reports_.join();
  rd_kafka_purge(client_->handle(),
                 RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  // Takes the reports of all, so that each ticket comes back.
  while (rd_kafka_flush(client_->handle(), 1000) ==
         RD_KAFKA_RESP_ERR__TIMED_OUT) {
  }
}

bool KafkaProducer::HasEnded() const {
  return rd_kafka_fatal_error(client_->handle(), nullptr, 0) !=
         RD_KAFKA_RESP_ERR_NO_ERROR;
}

void KafkaProducer::Produce(std::span<const KafkaMessage> messages,
                            const std::shared_ptr<KafkaDelivery>& delivery) {
  absl::Status full;
  for (size_t i = 0; i < messages.size(); ++i) {
    // Behind one that found no room none is taken, so that what the caller
    // writes again does not come after what it wrote later.
    const absl::Status status =
        full.ok() ? ProduceOne(messages[i], delivery, i) : full;
    if (absl::IsResourceExhausted(status)) full = status;
    if (!status.ok()) delivery->Report(i, {.status = status});
  }
}

absl::Status KafkaProducer::ProduceOne(
    const KafkaMessage& message, const std::shared_ptr<KafkaDelivery>& delivery,
    size_t index) {
  auto ticket = std::make_unique<Ticket>(Ticket{delivery, index});
  Headers headers = MakeHeaders(message.headers);
  std::array<rd_kafka_vu_t, 8> parts{};
  size_t count = 0;
  const auto part = [&](rd_kafka_vtype_t type) -> auto& {
    parts[count].vtype = type;
    return parts[count++].u;
  };
  part(RD_KAFKA_VTYPE_TOPIC).cstr = message.topic.c_str();
  part(RD_KAFKA_VTYPE_PARTITION).i32 =
      message.partition.value_or(RD_KAFKA_PARTITION_UA);
  part(RD_KAFKA_VTYPE_MSGFLAGS).i = RD_KAFKA_MSG_F_COPY;
  part(RD_KAFKA_VTYPE_KEY).mem = {Pointer(message.key), Size(message.key)};
  part(RD_KAFKA_VTYPE_VALUE).mem = {Pointer(message.value),
                                    Size(message.value)};
  part(RD_KAFKA_VTYPE_OPAQUE).ptr = ticket.get();
  if (message.timestamp_micros) {
    part(RD_KAFKA_VTYPE_TIMESTAMP).i64 = *message.timestamp_micros / 1000;
  }
  if (!message.headers.empty()) {
    part(RD_KAFKA_VTYPE_HEADERS).headers = headers.get();
  }
  rd_kafka_error_t* error =
      rd_kafka_produceva(client_->handle(), parts.data(), count);
  if (error != nullptr) {
    const rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    return FromKafka(code, fmt::format("writing to '{}'", message.topic));
  }
  std::ignore = ticket.release();  // OnReport's now, as the headers are
  if (!message.headers.empty()) std::ignore = headers.release();  // Kafka's.
  return absl::OkStatus();
}

}  // namespace freshet
