// SPDX-License-Identifier: Apache-2.0
// How a built version becomes one that exists.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "storage/manifest.h"
#include "versions/catalog.h"

namespace freshet {

// Takes the next version id of a view, durably: it is never given out again,
// also not after a crash, a failed load or a deletion. NOT_FOUND: the catalog
// has no such view.
absl::StatusOr<int64_t> AllocateVersion(Catalog& catalog,
                                        const std::string& view);

struct CommitRequest {
  Manifest manifest;  // Of the building directory, as the guards saw it.
  VersionRecord::Phase phase = VersionRecord::Phase::kKept;
  std::string message;          // Why it is held; "" when kept.
  bool activate = false;        // Make it current; kKept only.
  bool waits_for_base = false;  // VersionRecord::waits_for_base.
  // What its rows were laid over, as ViewRecord::NextBase had it; nullopt: they
  // do not depend on another version.
  std::optional<int64_t> over;
  // ViewRecord::loaded_until once it is committed, unless that is later in the
  // same directory and this is laid over a version. "": as it is.
  std::string loaded_until;
  std::string label;  // Point this label at it, if kept; "": none.
  std::string run;    // VersionRecord::run. With `activate`: it waits for it.
  std::string who;
  int64_t now_micros = 0;
  // What the same commit records besides (how the load ended), told whether
  // the version is current now and what was recorded of it. May be empty.
  std::function<void(bool active, const VersionRecord&, CatalogState&)> also;
};

// What CommitVersion does to the catalog; returns whether the version is
// current then. Errors as there.
absl::StatusOr<bool> RecordVersion(const CommitRequest& request,
                                   CatalogState& state);

// Commits `v<id>.building`: checks that its manifest is the one given, renames
// it to `v<id>`, writes the catalog. Once it returned OK the version exists.
// Call Publisher::Refresh afterwards.
//
// Returns whether the version is current now: not if `activate` is false, not
// if its as_of is older than that of the current version (docs/semantics.md,
// rule 8), and not while it waits for the other views of its snapshot group;
// which the record's message then says.
//
// An error leaves the catalog as it was and neither directory, except where
// the file system failed within the catalog's own write: then the directory
// stays, because only the next start can know whether the catalog names it.
// DATA_LOSS: another manifest. ABORTED: another version is to be laid over by
// now. NOT_FOUND, FAILED_PRECONDITION: the view was
// removed or changed its key meanwhile.
absl::StatusOr<bool> CommitVersion(const std::string& dir, Catalog& catalog,
                                   const CommitRequest& request);

}  // namespace freshet
