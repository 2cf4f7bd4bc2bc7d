// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace freshet {

// How far the events of a change log are in files (docs/format.md, "Exported
// events").
struct ExportState {
  // Of this log, in names of files: another one's, which has the same numbers,
  // may go to the same directory.
  uint64_t log_id = 0;
  uint64_t next = 1;  // Records before it are done.
  // Not 0: files of the records [next, until) may be in `directory` already,
  // each whole, and are written there again as they were.
  uint64_t until = 0;
  std::string directory = {};
  // Records that the log had to let go of before.
  int64_t lost_records = 0;

  bool operator==(const ExportState&) const = default;
};

// NOT_FOUND if there is none; DATA_LOSS if it is damaged.
absl::StatusOr<ExportState> ReadExportState(const std::string& path);
// On disk, in place of what was, when it returns OK.
absl::Status WriteExportState(const std::string& path,
                              const ExportState& state);

}  // namespace freshet
