// SPDX-License-Identifier: Apache-2.0
// Where exported events stand: docs/format.md, "Exported events".
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "storage/protocol/export_protocol.h"

namespace freshet {

// `DIRECTORY/payments/arrival_date=2026-01-31`. DATA_LOSS if the source has no
// name of one.
absl::StatusOr<std::string> EventsDir(const std::string& directory,
                                      const std::string& source,
                                      int64_t arrival_micros);
// `part-<log>-<first record>.parquet`.
std::string EventFileName(uint64_t log_id, uint64_t first_record);
// What an export writes before it has its name.
std::string BuildingDir(const ExportOrder& order);

// Removes the files of this log that are of days which ended before
// `keep_from_micros`; returns how many there were.
absl::StatusOr<int64_t> RemoveOldFiles(const ExportOrder& order);

}  // namespace freshet
