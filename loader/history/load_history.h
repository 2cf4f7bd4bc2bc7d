// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"
#include "loader/progress_reporter.h"
#include "loader/snapshot_reading.h"
#include "storage/protocol/load_protocol.h"

namespace freshet {

// Builds a version of the tiles of a stream view's past from files with its
// events (docs/semantics.md, rule 29). As RunLoad. Requires: `spec.tiles` is
// not empty, and `snapshot` is of the spec and not opened.
absl::Status LoadHistory(const LoadSpec& spec, SnapshotReading& snapshot,
                         ProgressReporter& progress);

}  // namespace freshet
