// SPDX-License-Identifier: Apache-2.0
#include "ingest/kafka/client/kafka_conf.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/status.h"
#include "config/names.h"
#include "ingest/kafka/client/secret.h"

namespace freshet {
namespace {

// One property after another; the first that fails is the outcome.
class ConfWriter {
 public:
  ConfWriter() : conf_(rd_kafka_conf_new()) {}

  void Set(const std::string& name, const std::string& value) {
    if (!status_.ok()) return;
    std::array<char, 512> error{};
    if (rd_kafka_conf_set(conf_.get(), name.c_str(), value.c_str(),
                          error.data(), error.size()) != RD_KAFKA_CONF_OK) {
      status_ = InvalidArgument("kafka property '{}' is refused: {}", name,
                                error.data());
    }
  }

  void SetUnlessEmpty(const std::string& name, const std::string& value) {
    if (!value.empty()) Set(name, value);
  }

  // librdkafka's own message would show the value.
  void SetSecret(const std::string& name, const SecretSource& source) {
    if (!status_.ok() || source.empty()) return;
    absl::StatusOr<std::string> secret = ReadSecret(source);
    if (!secret.ok()) {
      status_ = Annotate(secret.status(), name);
      return;
    }
    if (rd_kafka_conf_set(conf_.get(), name.c_str(), secret->c_str(), nullptr,
                          0) != RD_KAFKA_CONF_OK) {
      status_ = InvalidArgument("{} is refused: the value in {}", name,
                                NameOf(source));
    }
  }

  absl::StatusOr<KafkaConf> Finish() && {
    RETURN_IF_ERROR(status_);
    return std::move(conf_);
  }

 private:
  KafkaConf conf_;
  absl::Status status_;
};

const char* NameOf(SaslMechanism mechanism) {
  switch (mechanism) {
    case SaslMechanism::kPlain:
      return "PLAIN";
    case SaslMechanism::kScramSha256:
      return "SCRAM-SHA-256";
    case SaslMechanism::kScramSha512:
      break;
  }
  return "SCRAM-SHA-512";
}

void SetSecurity(const KafkaSettings& settings, ConfWriter& conf) {
  conf.Set("security.protocol", KafkaSecurityName(settings.security));
  conf.SetUnlessEmpty("ssl.ca.location", settings.ca_file);
  conf.SetUnlessEmpty("ssl.certificate.location", settings.certificate_file);
  conf.SetSecret("ssl.key.pem", settings.key);
  conf.SetSecret("ssl.key.password", settings.key_password);
  if (settings.user.empty()) return;
  conf.Set("sasl.mechanism", NameOf(settings.mechanism));
  conf.Set("sasl.username", settings.user);
  conf.SetSecret("sasl.password", settings.password);
}

void SetCommon(const KafkaSettings& settings, ConfWriter& conf) {
  std::string brokers;
  for (const std::string& broker : settings.brokers) {
    if (!brokers.empty()) brokers += ',';
    brokers += broker;
  }
  conf.Set("bootstrap.servers", brokers);
  conf.Set("client.id", settings.client_id);
  SetSecurity(settings, conf);
  conf.Set("topic.metadata.refresh.interval.ms",
           std::to_string(settings.metadata_interval_ms));
  // A broker that is back is found in half a second, not in ten.
  conf.Set("reconnect.backoff.max.ms", "500");
  conf.Set("socket.keepalive.enable", "true");
  // No request of ours may make a topic with a cluster's default settings.
  conf.Set("allow.auto.create.topics", "false");
}

// Last, so that they win over our defaults; what may not be set was refused.
void SetProperties(const KafkaSettings& settings, ConfWriter& conf) {
  for (const auto& [name, value] : settings.properties) conf.Set(name, value);
}

}  // namespace

absl::StatusOr<KafkaConf> MakeReaderConf(const KafkaSettings& settings) {
  RETURN_IF_ERROR(CheckKafkaSettings(settings));
  ConfWriter conf;
  SetCommon(settings, conf);
  conf.Set("isolation.level",
           settings.isolation == KafkaIsolation::kReadCommitted
               ? "read_committed"
               : "read_uncommitted");
  // All partitions are queued in one queue, so this bounds their sum; a reply
  // comes on top, from each broker.
  const int64_t queue = settings.queue_bytes_max;
  conf.Set("queued.max.messages.kbytes", std::to_string(queue >> 10));
  conf.Set("fetch.max.bytes",
           std::to_string(std::clamp<int64_t>(queue / 4, 1 << 20, 50 << 20)));
  conf.Set("auto.offset.reset", "error");
  conf.Set("enable.partition.eof", "true");
  conf.Set("check.crcs", "true");
  // Other requests to a broker wait for the fetch that it holds.
  conf.Set("fetch.wait.max.ms", "100");
  // Time without fetches in which a topic could be made anew unseen.
  conf.Set("fetch.error.backoff.ms", "100");
  // A topic that is not there is said at once: the answer to it is to wait.
  conf.Set("topic.metadata.propagation.max.ms", "0");
  SetProperties(settings, conf);
  return std::move(conf).Finish();
}

absl::StatusOr<KafkaConf> MakeWriterConf(const KafkaSettings& settings) {
  RETURN_IF_ERROR(CheckKafkaSettings(settings));
  ConfWriter conf;
  SetCommon(settings, conf);
  conf.Set("enable.idempotence", "true");
  conf.Set("acks", "all");
  conf.Set("queue.buffering.max.kbytes",
           std::to_string(settings.queue_bytes_max >> 10));
  // Bytes are the bound; librdkafka's own of messages is 100,000.
  conf.Set("queue.buffering.max.messages", "0");
  conf.Set("delivery.timeout.ms", std::to_string(settings.delivery_timeout_ms));
  // Somebody waits for each write; under load batches form by themselves.
  conf.Set("linger.ms", "0");
  // As Java's producer: a key's records are in one partition whoever writes.
  conf.Set("partitioner", "murmur2_random");
  SetProperties(settings, conf);
  return std::move(conf).Finish();
}

}  // namespace freshet
