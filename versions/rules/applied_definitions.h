// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/statusor.h"
#include "config/definitions.h"
#include "versions/catalog_state.h"

namespace freshet {

// The definitions that the catalog has; none, while none were applied. INTERNAL
// if they cannot be read.
absl::StatusOr<Definitions> ReadApplied(const AppliedDefinitions& applied);

}  // namespace freshet
