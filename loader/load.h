// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"
#include "loader/progress_reporter.h"
#include "storage/protocol/load_protocol.h"

namespace freshet {

// Reads a snapshot, checks it, sorts it and builds the version's directory:
// everything a load is, but for the process around it. Every error names the
// file and, where it is known, row group, row and column.
//
// The caller holds the lock of `spec.building_dir`. After an error what is left
// in that directory is of no use. Exceptions of Arrow and of the allocator end
// here, as a status.
absl::Status RunLoad(const LoadSpec& spec, ProgressReporter& progress);

}  // namespace freshet
