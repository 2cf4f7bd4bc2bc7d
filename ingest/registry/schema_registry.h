// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include "config/streams/schema_registry.h"
#include "ingest/formats/event_format.h"

namespace freshet {

// Asks a registry for schemas by their numbers. That one is not there is
// believed of nobody but the registry: a proxy's 404, a page instead of a
// schema and whatever else is no answer of its own are UNAVAILABLE, so that a
// wrong address costs no record. And of the registry only once it has said so
// for some seconds: who answers may have yet to hear of a schema that another
// of its nodes gave out. Not thread-safe.
class SchemaRegistry : public SchemaLookup {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  explicit SchemaRegistry(
      SchemaRegistrySettings settings,
      std::function<Instant()> now = &std::chrono::steady_clock::now);

  // The password is read each time. FAILED_PRECONDITION of that is UNAVAILABLE
  // too.
  absl::StatusOr<RegisteredSchema> Find(int32_t id) override;

 private:
  bool IsBelieved(int32_t missing);

  const SchemaRegistrySettings settings_;
  const std::function<Instant()> now_;
  // Numbers that it has no schema of; nullopt: that is believed.
  std::map<int32_t, std::optional<Instant>> missing_since_;
  // Until then it is so at once: numbers that are nonsense, each another, hold
  // a source up for a part of the time only.
  Instant at_once_until_ = {};
};

}  // namespace freshet
