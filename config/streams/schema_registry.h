// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "config/position.h"
#include "config/streams/kafka_settings.h"

namespace freshet {

// How a registry of schemas is asked that speaks Confluent's protocol.
struct SchemaRegistrySettings {
  std::string url = {};      // http:// or https://, with a path or without one.
  std::string ca_file = {};  // PEM; "": the system's authorities.
  std::string user = {};
  SecretSource password = {};
  int64_t timeout_ms = 5'000;  // Of one request.
  Position at = {};

  bool operator==(const SchemaRegistrySettings& other) const {
    return url == other.url && ca_file == other.ca_file && user == other.user &&
           password == other.password && timeout_ms == other.timeout_ms;
  }
};

// INVALID_ARGUMENT for settings that do not go together. Nobody is asked.
absl::Status CheckSchemaRegistry(const SchemaRegistrySettings& settings);

}  // namespace freshet
