// SPDX-License-Identifier: Apache-2.0
// What `freshet push` and the loader process say to each other of a file of
// events that is no JSON Lines. The command writes one EventFileOrder and a
// newline to the loader's standard input and keeps it open; when it is closed
// the command is gone and the loader ends. The loader reads the file whole,
// says that it is right, reads it again and gives its events, as EventFrames on
// its standard output.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "config/definitions.h"
#include "config/streams/stream_view.h"
#include "features/row_schema.h"

namespace freshet {

struct EventFileOrder {
  std::string path;                        // Absolute, of a regular file.
  FileFormat format = FileFormat::kCsv;    // Or kParquet, or kArrow.
  std::vector<StreamField> fields = {};    // Name and type count.
  std::vector<std::string> required = {};  // Fields that it has to have.
  std::string zone = {};                   // Of times without one; "": none.
  DayPoint at_day = DayPoint::kNone;       // Which moment a date is.
  std::string scratch_dir = {};            // For what memory does not hold.
  int64_t memory_max_bytes = 0;            // RLIMIT_AS; 0: none.
};

std::string SerializeEventFileOrder(const EventFileOrder& order);
// DATA_LOSS if it is not what SerializeEventFileOrder wrote.
absl::StatusOr<EventFileOrder> ParseEventFileOrder(std::string_view line);
// By its beginning: a loader is told another thing instead.
bool IsEventFileOrder(std::string_view line);

// Events as rows, a column for each field: what kRow holds. Requires: no field
// is a list.
RowSchema EventRowSchema(const std::vector<StreamField>& fields);

}  // namespace freshet
