// SPDX-License-Identifier: Apache-2.0
#include "config/streams/kafka_settings.h"

#include "base/error.h"
#include "base/status.h"
#include "config/names.h"
#include "config/streams/kafka_properties.h"

namespace freshet {
namespace {

absl::Status CheckSecret(const char* name, const SecretSource& secret) {
  if (secret.env.empty() || secret.file.empty()) return absl::OkStatus();
  return InvalidArgument(
      "kafka: {} is in env '{}' and in file '{}'; name one "
      "of them",
      name, secret.env, secret.file);
}

absl::Status CheckSizes(const KafkaSettings& settings) {
  if (settings.queue_bytes_max < 1 << 20) {
    return InvalidArgument("kafka: queue_bytes_max is {}; at least {} wanted",
                           settings.queue_bytes_max, 1 << 20);
  }
  if (settings.metadata_interval_ms < 100 || settings.delivery_timeout_ms < 1) {
    return InvalidArgument(
        "kafka: metadata_interval_ms is {} and delivery_timeout_ms {}; at "
        "least 100 and 1 wanted",
        settings.metadata_interval_ms, settings.delivery_timeout_ms);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckKafkaSettings(const KafkaSettings& settings) {
  if (settings.brokers.empty()) {
    return InvalidArgument("kafka: no brokers; name at least one host:port");
  }
  RETURN_IF_ERROR(CheckSizes(settings));
  RETURN_IF_ERROR(CheckSecret("the key", settings.key));
  RETURN_IF_ERROR(CheckSecret("the key's password", settings.key_password));
  RETURN_IF_ERROR(CheckSecret("the password", settings.password));
  const bool sasl = settings.security == KafkaSecurity::kSaslPlaintext ||
                    settings.security == KafkaSecurity::kSaslSsl;
  if (sasl && (settings.user.empty() || settings.password.empty())) {
    return InvalidArgument("kafka: security '{}' wants a user and a password",
                           KafkaSecurityName(settings.security));
  }
  if (!sasl && !(settings.user.empty() && settings.password.empty())) {
    return InvalidArgument(
        "kafka: a user or a password is given, but security '{}' sends "
        "neither; use sasl_ssl",
        KafkaSecurityName(settings.security));
  }
  if (settings.certificate_file.empty() != settings.key.empty()) {
    return InvalidArgument(
        "kafka: a certificate and its key go together; one of them is given");
  }
  return CheckKafkaProperties(settings.properties);
}

}  // namespace freshet
