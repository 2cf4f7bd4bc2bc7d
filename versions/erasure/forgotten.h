// SPDX-License-Identifier: Apache-2.0
// Which rows of a view's versions count no more, and which versions have them
// on disk still: docs/snapshots.md, "Erasure".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/erasure/forgotten_keys.h"
#include "versions/catalog_state.h"

namespace freshet {

// What of the rows of a version and of those that it is laid over does not
// count; `lowest` is the id of the last of them.
std::vector<ForgottenKey> HiddenFrom(const ViewRecord& view, int64_t lowest);

// Whether the version's own tables have, or may have, rows of it.
bool Holds(const ForgottenEntity& forgotten, int64_t version);
// Of those that there are.
std::vector<int64_t> HoldersOf(const ViewRecord& view,
                               const ForgottenEntity& forgotten);

// Notes down that the version's tables were written anew without the rows of
// `keys`, and that nothing else has them.
void NoteClean(int64_t version, const std::vector<ForgottenKey>& keys,
               ViewRecord& view);

// That a version was written together with others, without the rows of `keys`:
// what else it was clean of they may have had.
void NoteMerged(int64_t version, const std::vector<ForgottenKey>& keys,
                ViewRecord& view);

// That a version was written anew, as `built`: those that are laid over it
// count rows that it lost.
void NoteRewritten(const Manifest& before, const Manifest& built,
                   ViewRecord& view);

}  // namespace freshet
