// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "config/streams/stream_view.h"
#include "features/streams/event_rows.h"

namespace freshet {

// Reads events out of the values of records, as a source's definition says. Not
// thread-safe.
class EventFormat {
 public:
  virtual ~EventFormat() = default;

  // Fills the event that was begun last. False: the record says nothing, and is
  // no event either. INVALID_ARGUMENT if the value is not of the format,
  // FAILED_PRECONDITION if a field is not of its type, with what is wrong, for
  // whoever looks at dead letters: nothing of the value is in it but what it
  // says of its schema. UNAVAILABLE if it cannot be read now: to be tried
  // again. Unless true is returned the event is half filled: Drop it.
  virtual absl::StatusOr<bool> Read(std::string_view value,
                                    EventRows& rows) = 0;
};

// A schema as a registry has it.
struct RegisteredSchema {
  std::string type = {};  // AVRO, PROTOBUF, JSON.
  std::string text = {};
  bool refers = false;  // To schemas of its own registry.
};

// Where the schemas are that records name.
class SchemaLookup {
 public:
  virtual ~SchemaLookup() = default;

  // NOT_FOUND: there is none of that number. INVALID_ARGUMENT: it is none that
  // is read, as it is too long. UNAVAILABLE: it cannot be told now. Waits for
  // an answer, as long as it may take.
  virtual absl::StatusOr<RegisteredSchema> Find(int32_t id) = 0;
};

// Requires: the source has topics, its definition is checked, and `schemas` is
// not null if it has a registry; it outlives the format.
absl::StatusOr<std::unique_ptr<EventFormat>> MakeEventFormat(
    const StreamSource& source, SchemaLookup* schemas);

}  // namespace freshet
