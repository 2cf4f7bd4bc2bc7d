// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "absl/status/statusor.h"
#include "storage/manifest.h"

namespace freshet {

// The manifest's JSON, as its own file and the catalog hold it: docs/format.md,
// "Version manifest".
nlohmann::json ManifestToJson(const Manifest& manifest);

// DATA_LOSS names what is wrong.
absl::StatusOr<Manifest> ManifestFromJson(const nlohmann::json& json);

}  // namespace freshet
