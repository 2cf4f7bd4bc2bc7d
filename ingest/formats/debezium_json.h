// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "ingest/formats/event_format.h"

namespace freshet {

// Reads changes of rows as Debezium writes them in JSON, with the schema that
// Kafka Connect puts beside each or without. The event is the row's image
// after the change, or before it where that deletes the row, with what the
// envelope says (RecordFields). A schema that is there is held against the
// definition: nothing is read as something else than it is.
class DebeziumJson : public EventFormat {
 public:
  // Requires: the source has such an envelope.
  explicit DebeziumJson(const StreamSource& source);
  ~DebeziumJson() override;

  absl::StatusOr<bool> Read(std::string_view value, EventRows& rows) override;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace freshet
