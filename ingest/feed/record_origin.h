// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "config/streams/stream_view.h"
#include "features/records/record_field.h"
#include "features/streams/event_rows.h"
#include "ingest/formats/json_events.h"
#include "ingest/kafka/kafka_record.h"

namespace freshet {

// Reads the fields of a source that are not in a record's value: of its key,
// its headers and its timestamp. Not thread-safe.
class RecordOrigin {
 public:
  // Requires: the source has topics, and its definition is checked.
  explicit RecordOrigin(const StreamSource& source);

  // Fills the event that was begun last. What the record does not have is not
  // said. Errors as JsonEvents.
  absl::Status Read(const KafkaRecord& record, EventRows& rows);

 private:
  struct Place {
    size_t index = 0;
    RecordField is = {};
  };

  absl::Status ReadBytes(const Place& place, std::string_view bytes,
                         EventRows& rows) const;
  absl::Status ReadHeader(const Place& place, const KafkaRecord& record,
                          EventRows& rows) const;

  std::vector<Place> places_;
  std::unique_ptr<JsonEvents> key_;  // Null: no field is a member of it.
};

}  // namespace freshet
