// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/parse.h"
#include "config/streams/stream_view.h"
#include "features/records/avro_schema.h"
#include "features/records/record_field.h"

namespace freshet {

// How a value of one type of Avro becomes one of a field.
enum class AvroRead : uint8_t {
  kWrong,  // It does not.
  kNull,
  kBool,
  kInteger,
  kCount,  // A time, as AvroTarget::counts has it.
  kFloat,
  kDouble,
  kText,
  kParsed,  // A text of a time or a decimal.
  kBytes,   // Of bytes or a fixed, as the next two.
  kUuid,    // Of a fixed, as text.
  kDecimal,
  kSymbol,
};

// A member of a record that a field of the source is read from.
struct AvroTarget {
  size_t field = 0;  // Of the source.
  StreamField is = {};
  // Of its type, or of each branch of a union.
  std::vector<AvroRead> reads = {};
  std::vector<ValueEncoding> counts = {};
};

struct AvroMember {
  enum class Use : uint8_t { kSkip, kField, kOp, kBefore, kAfter, kSource };
  Use use = Use::kSkip;
  size_t type = 0;
  size_t target = 0;  // For kField: in AvroRecord::targets.
};

// What is read of a record, in the order of its members.
struct AvroRecord {
  size_t type = 0;
  std::vector<AvroMember> members = {};
  std::vector<AvroTarget> targets = {};
};

// A schema compiled for the fields of a source: nothing is looked up by name
// while records are read. Immutable; safe to use from any thread.
struct AvroPlan {
  AvroSchema schema;
  AvroRecord top;
  // With an envelope: of the image before, after, and of `source`.
  AvroRecord before = {};
  AvroRecord after = {};
  AvroRecord source = {};
  bool enveloped = false;
};

// INVALID_ARGUMENT if the schema is not of such records at all: no record, or
// not of the source's envelope. A field that is not in it is null; one of
// another type is refused where a value is met. Requires: the source has
// topics.
absl::StatusOr<AvroPlan> MakeAvroPlan(AvroSchema schema,
                                      const StreamSource& source);

// "field 'x' is long, not of type string": what is wrong with a type that is
// read as kWrong.
absl::Status WrongType(const AvroSchema& schema, size_t type,
                       const StreamField& field);

// Checks the schema that a source has in its definition, and that its fields
// are in it, of their types. Requires: it has one.
void CheckAvroSource(const StreamSource& source,
                     std::vector<Problem>& problems);

}  // namespace freshet
