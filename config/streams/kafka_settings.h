// SPDX-License-Identifier: Apache-2.0
// How a Kafka cluster is reached. Plain values; ingest/kafka makes librdkafka's
// configuration of them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace freshet {

// Where a secret is read from when a connection is made: an environment
// variable or a file, one of them; both empty: there is none. The secret
// itself stands in no definition, log or error.
struct SecretSource {
  std::string env;
  std::string file;

  bool empty() const { return env.empty() && file.empty(); }
  bool operator==(const SecretSource&) const = default;
};

enum class KafkaSecurity { kPlaintext, kSsl, kSaslPlaintext, kSaslSsl };
enum class SaslMechanism { kPlain, kScramSha256, kScramSha512 };
enum class KafkaIsolation { kReadCommitted, kReadUncommitted };

struct KafkaSettings {
  std::vector<std::string> brokers;  // host:port; some of the cluster's.
  std::string client_id = "freshet";

  KafkaSecurity security = KafkaSecurity::kPlaintext;
  std::string ca_file;           // PEM; "": the system's authorities.
  std::string certificate_file;  // PEM, of this client.
  SecretSource key;              // PEM, to the certificate.
  SecretSource key_password;
  SaslMechanism mechanism = SaslMechanism::kScramSha512;
  std::string user;
  SecretSource password;

  KafkaIsolation isolation = KafkaIsolation::kReadCommitted;
  int64_t queue_bytes_max = 64 << 20;     // Fetched, or written and not yet
                                          // acknowledged; per connection.
  int64_t metadata_interval_ms = 30'000;  // New partitions are seen so soon.
  int64_t delivery_timeout_ms = 30'000;   // A write is given up after it.

  // What librdkafka calls by these names, for all that is not above. What
  // Freshet decides itself is refused.
  std::map<std::string, std::string> properties;

  bool operator==(const KafkaSettings&) const = default;
};

// INVALID_ARGUMENT for settings that do not go together, or a property that may
// not be set. No file is read, and no broker asked.
absl::Status CheckKafkaSettings(const KafkaSettings& settings);

}  // namespace freshet
