// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/manifest.h"
#include "storage/version.h"

namespace freshet {

class StoreResources;

// A version to open, with the keys to warm it by.
struct Opening {
  std::string dir;
  Manifest expected;
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
