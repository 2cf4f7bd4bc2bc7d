// SPDX-License-Identifier: Apache-2.0
// What a built version must pass before it may go live.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "config/definitions.h"
#include "storage/manifest.h"
#include "storage/protocol/load_protocol.h"
#include "versions/commit.h"

namespace freshet {

// Whether what the loader built is what it was asked for: view, version,
// generation, schema, as_of. INTERNAL names what differs, with both values.
absl::Status CheckBuilt(const Manifest& built, const LoadSpec& spec);

// Why `fresh` must wait for an operator, every reason with its evidence, and
// the command that approves it; "": it need not. `before` is the current
// version's, or what `fresh` is laid over; null when there is none. Of `view`
// the guards count, its own and those of its features. Of one that is laid over
// another its own rows are judged, but for how many there are with that one's.
std::string HoldReason(const Manifest& fresh, const Manifest* before,
                       const BatchFeatureView& view);

// Whether what was built is held: `phase`, `message` and `waits_for_base` of
// the request follow from its manifest and what it is laid over, else what
// serves.
void JudgeBuilt(const CatalogState& state, const BatchFeatureView& view,
                bool no_activate, CommitRequest& request);

}  // namespace freshet
