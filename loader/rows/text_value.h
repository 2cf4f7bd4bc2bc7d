// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "config/type.h"
#include "loader/rows/slot.h"
#include "loader/rows/time_zone.h"

namespace freshet {

// Reads one scalar as CSV and JSON Lines write it. Strict: no spaces around, no
// rounding, nothing out of range. bool: true or false. bytes: hexadecimal, with
// or without 0x. timestamp: ParseTextTime. float and double: also nan, inf and
// -inf.
absl::Status ReadText(std::string_view text, const Type& to,
                      const TimeRules& time, Slot* slot);

}  // namespace freshet
