// SPDX-License-Identifier: Apache-2.0
// Where fields of a source are in its records, and how they are written there.
#pragma once

#include <string>
#include <vector>

#include "config/parse.h"
#include "config/streams/stream_view.h"

namespace freshet {

// What Debezium writes for a value that did not change and that the database
// did not tell it: nothing is said of the field.
inline constexpr std::string_view kUnavailable = "__debezium_unavailable_value";

struct RecordField {
  enum class Part {
    kRow,       // The record's value; with an envelope, the row's image.
    kEnvelope,  // A member of the envelope itself.
    kSource,    // A member of the envelope's `source`.
    kOp,        // What was done: c, u, d or r.
    kDeleted,   // Whether that is d.
    // Not in the record's value:
    kKey,        // All of its key.
    kKeyMember,  // A member of the JSON object that its key is.
    kTimestamp,  // Its timestamp.
    kHeader,     // The last header of a name.
  };
  Part part = Part::kRow;
  std::string member;  // Its name there.
  StreamField field;   // With the encoding that its name tells.
};

// In the order of the source's fields. With an envelope they have the names
// that Debezium's own ExtractNewRecordState gives: `__op`, `__source_ts_ms`,
// `__deleted`, and so on. Requires: the source has topics.
std::vector<RecordField> RecordFields(const StreamSource& source);

// Checks that encodings are of types that they can be of, and that there are
// topics that they are about; the fields of an envelope, and of what is not in
// a record's value. Problems are added at the fields.
void CheckRecordFields(const StreamSource& source,
                       std::vector<Problem>& problems);

}  // namespace freshet
