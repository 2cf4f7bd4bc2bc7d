// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "config/streams/stream_view.h"
#include "features/streams/event_rows.h"

namespace freshet {

// A member of an object that a field is read from.
struct JsonMember {
  std::string name = {};
  size_t index = 0;  // The field's, in the rows.
  StreamField field = {};
};

// Reads events that are JSON objects, as strictly as the loader reads JSON
// Lines (docs/snapshots.md, "Text"): a string is no number, and 1.0 is no
// integer. A field that is not there, or null, is null; what no field is of is
// skipped, and not looked at. Not thread-safe.
class JsonEvents {
 public:
  // `fields` are those of `rows` below, each a member of its name.
  explicit JsonEvents(std::vector<StreamField> fields);
  // Some of them.
  explicit JsonEvents(std::vector<JsonMember> members);
  ~JsonEvents();
  JsonEvents(const JsonEvents&) = delete;
  JsonEvents& operator=(const JsonEvents&) = delete;

  // Fills the event that was begun last. INVALID_ARGUMENT if it is not one JSON
  // object, FAILED_PRECONDITION if a field is not of its type, with what is
  // wrong, for whoever looks at dead letters: the text itself is not in it. The
  // event is then half filled: Drop it.
  absl::Status Read(std::string_view text, EventRows& rows);
  // The same of an object, or of the `payload` of one that Kafka Connect wrote
  // a `schema` beside.
  absl::Status ReadPayload(std::string_view text, EventRows& rows);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace freshet
