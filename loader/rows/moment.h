// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "loader/rows/slot.h"

namespace freshet {

// INVALID_ARGUMENT unless it lies within the years 1 to 9999. For every moment
// that is loaded, after the last conversion: zones and days move it.
absl::Status CheckMicros(int64_t micros);

// Checks a moment and stores it.
absl::Status SetMicros(int64_t micros, Slot* slot);

}  // namespace freshet
