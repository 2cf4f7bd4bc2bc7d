// SPDX-License-Identifier: Apache-2.0
#include "config/streams/kafka_properties.h"

#include <string_view>

#include "base/error.h"
#include "base/status.h"

namespace freshet {
namespace {

constexpr size_t kPropertiesMax = 64;
constexpr size_t kValueBytesMax = 4096;

struct Refusal {
  std::string_view name;  // Ends in '*': all that begin so.
  std::string_view why;
};

constexpr std::string_view kBySetting = "it has a setting of its own";
constexpr std::string_view kSecret =
    "a secret does not stand in a file of definitions; name the environment "
    "variable or the file that holds it";
constexpr std::string_view kNoGroup =
    "each daemon reads all partitions, without a consumer group, and keeps "
    "the offsets itself";
constexpr std::string_view kSafety =
    "what Freshet promises of writes and reads hangs on it";
constexpr std::string_view kLeaders =
    "records are read from each partition's leader, so that one that is silent "
    "is told from a quiet topic";
constexpr std::string_view kProgram = "it would run or load a program";

constexpr Refusal kRefused[] = {
    {"bootstrap.servers", kBySetting},
    {"metadata.broker.list", kBySetting},
    {"client.id", kBySetting},
    {"security.protocol", kBySetting},
    {"ssl.ca.location", kBySetting},
    {"ssl.certificate.*", kBySetting},
    {"ssl.key.location", kBySetting},
    {"sasl.mechanism*", kBySetting},
    {"sasl.username", kBySetting},
    {"isolation.level", kBySetting},
    {"queued.max.messages.kbytes", kBySetting},
    {"fetch.max.bytes", kBySetting},
    {"queue.buffering.max.kbytes", kBySetting},
    {"queue.buffering.max.messages", kBySetting},
    {"topic.metadata.refresh.interval.ms", kBySetting},
    {"delivery.timeout.ms", kBySetting},
    {"message.timeout.ms", kBySetting},
    {"sasl.password", kSecret},
    {"ssl.key.p*", kSecret},
    {"ssl.keystore.*", kSecret},
    {"ssl_*", kSecret},
    {"sasl.oauthbearer.*", kSecret},
    {"enable.sasl.oauthbearer*", kSecret},
    {"group.*", kNoGroup},
    {"partition.assignment.strategy", kNoGroup},
    {"enable.auto.*", kNoGroup},
    {"auto.commit.*", kNoGroup},
    {"offset.*", kNoGroup},
    {"auto.offset.reset", kSafety},
    {"enable.partition.eof", kSafety},
    {"enable.idempotence", kSafety},
    {"enable.gapless.guarantee", kSafety},
    {"acks", kSafety},
    {"request.required.acks", kSafety},
    {"retries", kSafety},
    {"message.send.max.retries", kSafety},
    {"max.in.flight*", kSafety},
    {"delivery.report.only.error", kSafety},
    {"transactional.id", kSafety},
    {"allow.auto.create.topics", kSafety},
    {"queuing.strategy", kSafety},
    {"produce.offset.report", kSafety},
    {"test.*", kSafety},
    {"log.queue", kSafety},
    {"enabled_events", kSafety},
    {"client.rack", kLeaders},
    {"interceptors", kProgram},
    {"plugin.library.paths", kProgram},
    {"sasl.kerberos.kinit.cmd", kProgram},
    {"ssl.engine.*", kProgram},
    {"ssl.providers", kProgram},
};

bool Matches(std::string_view name, std::string_view pattern) {
  if (!pattern.ends_with('*')) return name == pattern;
  pattern.remove_suffix(1);
  return name.starts_with(pattern);
}

absl::Status CheckOne(const std::string& name, const std::string& value) {
  for (const Refusal& refused : kRefused) {
    if (!Matches(name, refused.name)) continue;
    return InvalidArgument("kafka property '{}' may not be set: {}", name,
                           refused.why);
  }
  if (value.size() > kValueBytesMax) {
    return InvalidArgument(
        "kafka property '{}' has {} bytes; at most {} wanted", name,
        value.size(), kValueBytesMax);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckKafkaProperties(
    const std::map<std::string, std::string>& properties) {
  if (properties.size() > kPropertiesMax) {
    return InvalidArgument("{} kafka properties; at most {} wanted",
                           properties.size(), kPropertiesMax);
  }
  for (const auto& [name, value] : properties) {
    RETURN_IF_ERROR(CheckOne(name, value));
  }
  return absl::OkStatus();
}

}  // namespace freshet
