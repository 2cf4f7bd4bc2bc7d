// SPDX-License-Identifier: Apache-2.0
// Views that go live together: docs/semantics.md, rule 33.
//
// A version of a view in a group belongs to a run. It is kept and waits until
// each view of the group has a version of that run; then all of them become
// current in one commit. A run that is not as new as what serves does not go
// live by itself (rule 8), nor does one that another has passed.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/definitions.h"
#include "versions/catalog_state.h"

namespace freshet {

// Of each view its version.
using RunVersions = std::vector<std::pair<std::string, int64_t>>;

// Makes the versions current of every run that is whole, and says of the others
// that wait what they wait for. To be called in each commit that may change
// that. `how`: when, why and for whom; the rest of it is not looked at.
absl::Status SettleGroups(const Activation& how, CatalogState& state);

// The versions of a run, whatever has become of them but that they can serve:
// of each view the newest. INVALID_ARGUMENT: no run. NOT_FOUND: no view has
// such a group, or none of them the run. FAILED_PRECONDITION names those that
// have no such version.
absl::StatusOr<RunVersions> FindRun(const CatalogState& state,
                                    const std::string& group,
                                    const std::string& run);

// Of the runs that went live whole, the last one before the one that went live
// last, all of whose versions can serve still: after a rollback that is the one
// rolled back from. FAILED_PRECONDITION: there is none.
absl::StatusOr<std::string> PreviousRun(const CatalogState& state,
                                        const std::string& group);

// `how.run` is the run.
void ActivateRun(const RunVersions& versions, const Activation& how,
                 CatalogState& state);

}  // namespace freshet
