// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "config/type.h"

namespace freshet {

// The type that a CAST names: those of definitions except lists, and SQL's
// names for them (`bigint`, `varchar`), in any case. INVALID_ARGUMENT says
// which there are.
absl::StatusOr<Type> ParseTypeName(std::string_view text);

}  // namespace freshet
