// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "ingest/formats/event_format.h"

namespace freshet {

// Reads events that are records of Avro in its binary encoding: by the schema
// in the source's definition, or, framed as Confluent's serializers do, by the
// one whose number stands before each. A schema is compiled once; what is not a
// field is passed over as bytes. What a value costs is bounded by its length,
// whatever its bytes say: docs/decisions/0008-an-own-reader-of-avro.md.
absl::StatusOr<std::unique_ptr<EventFormat>> MakeAvroEvents(
    const StreamSource& source, SchemaLookup* schemas);

}  // namespace freshet
