// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "config/streams/stream_view.h"
#include "features/streams/event_codec.h"

namespace freshet {

// Pushed events as what their push log takes: a record each, of one JSON object
// (JsonEventWriter), with the value of the log's `key_field` as its key.
struct PushRecords {
  struct Record {
    // None: the field is null, and any partition will do.
    std::optional<std::string> key = std::nullopt;
    std::string value;
  };

  std::vector<Record> records;
  int64_t bytes = 0;  // What they take in memory while they are written, about.
};

// What their `bytes` are at the least.
int64_t LeastBytes(const LoggedEvents& events);

// INVALID_ARGUMENT names the row whose record would be longer than Kafka takes
// (`message.max.bytes` of the log's properties), or than `value_bytes_max`,
// which is what is read. Requires: the source has a push log, and the events
// are its.
absl::StatusOr<PushRecords> MakePushRecords(const StreamSource& source,
                                            const LoggedEvents& events,
                                            size_t value_bytes_max);

}  // namespace freshet
