// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>

#include "absl/status/status.h"

namespace freshet {

struct Slot;

// A time as a file says it. Rows keep the microseconds; which of two rows is
// the newer one is decided before they are cut. Floored: the nanoseconds count
// forward, before 1970 as well.
struct Moment {
  int64_t micros = 0;
  uint16_t nanos = 0;  // Beyond the microsecond: 0 to 999.

  auto operator<=>(const Moment&) const = default;
};

// INVALID_ARGUMENT unless it lies within the years 1 to 9999. For every moment
// that is loaded, after the last conversion: zones and days move it.
absl::Status CheckMicros(int64_t micros);

// Checks a moment and stores it.
absl::Status SetMoment(const Moment& moment, Slot* slot);

}  // namespace freshet
