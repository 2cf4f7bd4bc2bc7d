// SPDX-License-Identifier: Apache-2.0
#include "ingest/kafka/client/kafka_client.h"

#include <fmt/format.h>
#include <syslog.h>

#include <array>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/status.h"
#include "ingest/kafka/client/kafka_status.h"

namespace freshet {
namespace {

// rd_kafka_new fails for a key that is no key. librdkafka 2.0 then frees the
// interceptors of the configuration, which frees them again, so settings are
// tried on a handle that has none and knows no broker.
absl::Status TryOut(rd_kafka_type_t type, const KafkaConf& conf) {
  KafkaConf copy(rd_kafka_conf_dup(conf.get()));
  std::array<char, 512> error{};
  rd_kafka_conf_set(copy.get(), "bootstrap.servers", nullptr, nullptr, 0);
  // It would warn of that; all else the handle that is used says again.
  rd_kafka_conf_set_log_cb(
      copy.get(), [](const rd_kafka_t*, int, const char*, const char*) {});
  rd_kafka_t* handle =
      rd_kafka_new(type, copy.get(), error.data(), error.size());
  if (handle == nullptr) {
    return InvalidArgument("kafka: these settings do not work: {}",
                           error.data());
  }
  std::ignore = copy.release();  // Was taken.
  rd_kafka_destroy(handle);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<KafkaClient>> KafkaClient::Open(
    rd_kafka_type_t type, KafkaConf conf, KafkaSay say) {
  std::unique_ptr<KafkaClient> client(new KafkaClient(std::move(say)));
  rd_kafka_conf_set_opaque(conf.get(), client.get());
  rd_kafka_conf_set_log_cb(conf.get(), &OnLog);
  RETURN_IF_ERROR(TryOut(type, conf));

  rd_kafka_conf_set_error_cb(conf.get(), &OnError);
  client->HearResponses(conf.get());
  std::array<char, 512> error{};
  // The handle's now, and lost if there is none: see TryOut.
  client->handle_ =
      rd_kafka_new(type, conf.release(), error.data(), error.size());
  if (client->handle_ == nullptr) {
    return ResourceExhausted("kafka: no new connection: {}", error.data());
  }
  return client;
}

KafkaClient::~KafkaClient() {
  if (handle_ != nullptr) rd_kafka_destroy(handle_);
}

absl::Status KafkaClient::LastError() const {
  MutexLock lock(mu_);
  return last_error_;
}

void KafkaClient::OnLog(const rd_kafka_t* handle, int level,
                        const char* facility, const char* line) {
  const auto* self = static_cast<const KafkaClient*>(rd_kafka_opaque(handle));
  if (self->say_ == nullptr) return;
  // Who writes a push log and who reads it have the same properties.
  const bool of_the_other =
      std::string_view(line).find("will be ignored by this") !=
      std::string_view::npos;
  self->say_(fmt::format("kafka: {}: {}", facility, line),
             level <= LOG_WARNING && !of_the_other);
}

void KafkaClient::OnError(rd_kafka_t* handle, int error, const char* reason,
                          void* opaque) {
  auto* self = static_cast<KafkaClient*>(opaque);
  auto code = static_cast<rd_kafka_resp_err_t>(error);
  std::array<char, 512> fatal{};
  if (code == RD_KAFKA_RESP_ERR__FATAL) {
    code = rd_kafka_fatal_error(handle, fatal.data(), fatal.size());
    reason = fatal.data();
  }
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) self->lost_all_ = true;
  MutexLock lock(self->mu_);
  self->last_error_ = FromKafka(code, reason);
}

// As lambdas, for librdkafka has more parameters than a function may here.
void KafkaClient::HearResponses(rd_kafka_conf_t* conf) {
  const auto on_response = [](rd_kafka_t*, int, const char*, int32_t broker,
                              int16_t, int16_t, int32_t, size_t, int64_t,
                              rd_kafka_resp_err_t error, void* self) {
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
      static_cast<KafkaClient*>(self)->Answered(broker);
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  };
  static constexpr rd_kafka_interceptor_f_on_response_received_t* kOnResponse =
      on_response;
  rd_kafka_conf_interceptor_add_on_new(
      conf, "freshet",
      [](rd_kafka_t* handle, const rd_kafka_conf_t*, void* self, char*,
         size_t) {
        return rd_kafka_interceptor_add_on_response_received(handle, "freshet",
                                                             kOnResponse, self);
      },
      this);
}

void KafkaClient::Answered(int32_t broker) {
  contacts_.Answered(broker);
  MutexLock lock(mu_);
  last_error_ = absl::OkStatus();
}

}  // namespace freshet
