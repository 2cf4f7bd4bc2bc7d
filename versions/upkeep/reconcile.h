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

// Something found at the start.
struct StartNote {
  std::string text;
  bool is_damage = false;  // A person should look.
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
//   period, and one whose directory is missing or differs is marked corrupt;
// - if only the older copy of the catalog could be read, versions that it does
//   not know are kept: the newer one may have known them. They serve where
//   there is nothing else to, else once an operator activates them.
//
// No version id seen on disk is given out again. Returns what it did, one
// sentence each. Requires: the caller holds the directory's lock.
absl::StatusOr<std::vector<StartNote>> Reconcile(
    Catalog& catalog, const ReconcileOptions& options);

}  // namespace freshet
