// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/manifest.h"
#include "versions/catalog_state.h"
#include "versions/layout.h"

namespace freshet {

// How far version ids jump when a catalog is rebuilt: which ids the lost one
// gave out beyond those on disk nobody knows.
inline constexpr int64_t kRebuildGap = 100;

// What the manifests of these versions say of a view whose catalog is lost: the
// newest whole one that the default guards let through becomes current. Of the
// folds of one the last counts that is whole.
// A directory without a manifest of its own is left out.
ViewRecord RebuildView(const std::string& dir, const std::string& view,
                       const std::vector<VersionFold>& versions,
                       int64_t now_micros);

// Adds to `record` those of `versions` that it does not know and that have a
// manifest of their own; returns them. They are kept, and if nothing is
// current the newest becomes it, as in RebuildView.
std::vector<int64_t> AdoptVersions(const std::string& dir,
                                   const std::vector<VersionFold>& versions,
                                   int64_t now_micros, ViewRecord& record);

}  // namespace freshet
