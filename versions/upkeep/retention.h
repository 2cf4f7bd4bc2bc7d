// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/definitions.h"
#include "versions/catalog_state.h"

namespace freshet {

// The versions of a view that retention no longer keeps, oldest first: see
// VersionActions::ApplyRetention. Never one that is protected.
std::vector<int64_t> ExpiredVersions(const ViewRecord& view,
                                     const Retention& retention,
                                     int64_t now_micros);

// The version that goes first when room is needed: see
// VersionActions::DeleteOldest.
std::optional<std::pair<std::string, int64_t>> OldestVersion(
    const CatalogState& state);

}  // namespace freshet
