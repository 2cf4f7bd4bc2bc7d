// SPDX-License-Identifier: Apache-2.0
// Events as a record of the change log: docs/format.md, "Events".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "config/streams/stream_view.h"
#include "features/streams/event_batch.h"
#include "features/streams/partition_position.h"

namespace freshet {

inline constexpr uint8_t kEventsFormat = 3;

// Some events of one source, with the time when they came: it stands for "now"
// in what becomes of them, also when they are applied again.
struct LoggedEvents {
  std::string source = {};
  int64_t arrival_micros = 0;
  // What the events have; a later definition of the source may have others.
  std::vector<StreamField> fields = {};
  EventBatch events = {};
  // Of a source that is read from topics: how far it has been read with these
  // events, by partition that was read on. There may be no events in it.
  std::vector<PartitionPosition> positions = {};
};

// Requires: the batch has these fields, and no row of it failed.
void AppendEvents(const LoggedEvents& logged, std::string* out);

// Strings of the events point into `record`. DATA_LOSS if it is none,
// FAILED_PRECONDITION if it is of a later format.
absl::StatusOr<LoggedEvents> DecodeEvents(std::string_view record);

}  // namespace freshet
