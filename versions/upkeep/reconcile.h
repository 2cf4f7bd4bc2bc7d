// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "versions/catalog.h"

namespace freshet {

struct ReconcileOptions {
  std::string dir;  // Storage directory.
  int64_t now_micros = 0;
  int64_t orphan_grace_micros = 0;
  int64_t loader_wait_ms = 10000;  // For all orphan loaders together.
};

// Brings the catalog and the directories in line at start-up, after a crash or
// a damage:
//
// - `*.building` is removed once its loader let go of it, or is left alone if
//   the loader does not in time;
// - `*.deleting` is removed, or taken back if the catalog still names it (the
//   newest copy of the catalog was lost);
// - without a catalog it is made anew from the manifests: the newest version
//   of each view is current, and nothing is removed or set aside;
// - with one, a version that it does not know is set aside for the grace
//   period, and one whose directory is missing or differs is marked corrupt.
//
// No version id seen on disk is given out again. Returns what it did, one
// sentence each. Requires: the caller holds the directory's lock.
absl::StatusOr<std::vector<std::string>> Reconcile(
    Catalog& catalog, const ReconcileOptions& options);

}  // namespace freshet
