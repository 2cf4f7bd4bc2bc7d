// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "ingest/formats/event_format.h"

namespace freshet {

// Reads events that are messages of protobuf: by the .proto file in the
// source's definition, or, framed as Confluent's serializers do, by the one
// whose number stands before each, with the message's place in it.
absl::StatusOr<std::unique_ptr<EventFormat>> MakeProtoEvents(
    const StreamSource& source, SchemaLookup* schemas);

}  // namespace freshet
