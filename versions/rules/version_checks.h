// SPDX-License-Identifier: Apache-2.0
// What may be done to a version, and the words for why not.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "versions/catalog_state.h"

namespace freshet {

// NOT_FOUND lists what there is. A removed view is not there.
absl::StatusOr<const ViewRecord*> FindView(const CatalogState& state,
                                           const std::string& view);
absl::StatusOr<const VersionRecord*> FindVersion(const ViewRecord& view,
                                                 int64_t version);

// The versions of a view and what they are, for messages.
std::string VersionsOf(const ViewRecord& view);

// Whether both have the version in the same files: a fold, or an erasure, puts
// it and what it is laid over into others.
bool HaveSameFiles(const ViewRecord& one, const ViewRecord& other,
                   int64_t version);

// FAILED_PRECONDITION if it or one that it is laid over is held, corrupt or
// gone, or if it is of another key.
absl::Status CheckServes(const ViewRecord& view, const VersionRecord& record);
// FAILED_PRECONDITION unless it waits for approval.
absl::Status CheckHeld(const ViewRecord& view, const VersionRecord& record);
// FAILED_PRECONDITION if it is current, pinned or labelled, or if another is
// laid over it.
absl::Status CheckUnprotected(const ViewRecord& view,
                              const VersionRecord& record);
// Of a held version that stands by itself in a view of upserts: those that went
// live since it was built. What they brought is not in it.
std::vector<int64_t> LiveSince(const ViewRecord& view,
                               const VersionRecord& held);
// INVALID_ARGUMENT unless it may name a version: `current` and `previous` are
// positions.
absl::Status CheckLabel(const std::string& label);

// Why a version that was built may not take the place of the current one by
// itself: its as_of is older (docs/semantics.md, rule 8). "": it may.
std::string StaleReason(const ViewRecord& view, const Manifest& built);

}  // namespace freshet
