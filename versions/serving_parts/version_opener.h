// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/version.h"
#include "versions/catalog_state.h"

namespace freshet {

class StoreResources;

// The chain of a version of the view, with its directories beneath the storage
// directory `dir`. Where one is gone it ends early, and does not open.
VersionChain ChainOf(const std::string& dir, const ViewRecord& view,
                     const Manifest& manifest);
// Of one that is not in the catalog yet, and in `building`.
VersionChain ChainOver(const std::string& dir, const ViewRecord& view,
                       VersionDirectory building);

// A version to open, with the keys to warm it by.
struct Opening {
  VersionChain chain;
  std::vector<std::string> recent_keys;
};

// Opens and warms: index and filters are touched, and the recent keys read for
// up to half a second, so that what requests ask for is in the block cache. A
// recent key whose block is damaged makes it DATA_LOSS. Blocks.
absl::StatusOr<std::shared_ptr<const Version>> OpenWarm(
    const Opening& opening, StoreResources& resources);

inline constexpr size_t kOpeningsAtOnce = 3;

// OpenWarm of each, kOpeningsAtOnce at a time, on threads of its own. Results
// stand in the order of `openings`.
std::vector<absl::StatusOr<std::shared_ptr<const Version>>> OpenWarmAll(
    const std::vector<Opening>& openings, StoreResources& resources);

}  // namespace freshet
