// SPDX-License-Identifier: Apache-2.0
// One row of one version's own tables, whatever it is laid over.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "storage/manifest.h"
#include "storage/store_resources.h"
#include "storage/version.h"

namespace freshet {

// Whether the tables have a row of the key, also a deleted one. Opens the
// version unless it is open. Blocks.
absl::StatusOr<bool> HasOwnRow(const VersionDirectory& version,
                               std::string_view key, StoreResources& resources);

// Overwrites what the row cache has of it. A request that is reading it may put
// it there once more.
void DropCachedRow(const Manifest& version, std::string_view key,
                   StoreResources& resources);

}  // namespace freshet
