// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"
#include "loader/progress_reporter.h"
#include "storage/protocol/load_protocol.h"

namespace freshet {

// Writes a version anew together with versions that it is laid over, as
// `spec.layers` says: the same answers from fewer layers, without the rows of
// what was forgotten. The caller holds the
// lock of `spec.building_dir`.
absl::Status RunFold(const LoadSpec& spec, ProgressReporter& progress);

}  // namespace freshet
