// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/type.h"
#include "loader/rows/slot.h"

namespace freshet {

// Checks an unscaled decimal against the precision of `to` and stores it.
absl::Status SetDecimal(int64_t unscaled, const Type& to, Slot* slot);

// `-12.50` as units of 10^-scale: digits with at most one point, no exponent.
// Digits beyond the scale must be zeros.
absl::StatusOr<int64_t> ParseDecimal(std::string_view text, const Type& to);

}  // namespace freshet
