// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "config/streams/stream_view.h"
#include "features/streams/event_batch.h"

namespace freshet {

// Writes events as the JSON objects that JsonEvents reads back to the same
// event, bit by bit, but that one NaN is as another: integers and reals are
// numbers, in the fewest digits that are that number; a real that is none is
// "NaN", "Infinity" or "-Infinity"; times, decimals and bytes (0x and
// hexadecimal digits) are strings, of which no reader makes a double; a field
// that the event says nothing of is no member, and a null is one. Safe to use
// from any thread.
class JsonEventWriter {
 public:
  explicit JsonEventWriter(const std::vector<StreamField>& fields);

  // Appends one event. INVALID_ARGUMENT names a field whose string is not
  // UTF-8: JSON has no other; what was appended is then of no use. Requires:
  // the batch has these fields, and no value of it failed.
  absl::Status Append(const EventBatch& events, size_t row,
                      std::string* out) const;

 private:
  std::vector<std::string> members_;  // `"user":`, by field.
};

}  // namespace freshet
