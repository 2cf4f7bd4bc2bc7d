// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "loader/rows/moment.h"
#include "loader/rows/time_zone.h"

namespace freshet {

// Reads `2013-01-31T05:00:00.25Z`, with `T` or a space, a fraction of up to
// nine digits, and a zone `Z`, `+01`, `+01:00` or `+0100`. Without zone,
// `time.zone` must be given; a date alone also needs `time.at_day`. Years 1 to
// 9999 as written; as a moment it may lie a day beyond.
absl::StatusOr<Moment> ParseTextTime(std::string_view text,
                                     const TimeRules& time);

}  // namespace freshet
