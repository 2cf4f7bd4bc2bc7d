// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "storage/protocol/export_protocol.h"

namespace freshet {

// Writes the events of the order's records to files, one for each source and
// day of arrival, and removes old files. All that is written follows from the
// records: done again, it makes the same files of the same names. When `report`
// says that it is done, all of them are on disk; it tells on the way how far it
// is. `report.status` is left OK; the result is what it is to be.
absl::Status ExportLog(const ExportOrder& order,
                       const std::function<void(const ExportReport&)>& tell,
                       ExportReport& report);

// All that the loader process does for an export: enters the sandbox, and does
// what `line` (an ExportOrder) says, with ExportReports to `out`. Ends the
// process when `in` ends. An error: it could not be told.
absl::Status RunExport(const std::string& line, int in, int out);

}  // namespace freshet
