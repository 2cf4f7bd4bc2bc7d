// SPDX-License-Identifier: Apache-2.0
// Moments as people write them: RFC 3339 with up to microseconds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace freshet {

// Microseconds since 1970-01-01T00:00:00Z. A zone (`Z` or `+01:00`) is
// required: a moment without one is not a moment. Years outside 0000 to 9999
// are written with a sign and 5 or 6 digits, as ISO 8601 has it.
// INVALID_ARGUMENT says what is wrong.
absl::StatusOr<int64_t> ParseTimestamp(std::string_view text);

// In UTC, with only the fraction digits that are needed. ParseTimestamp reads
// it back to the same microsecond.
std::string FormatTimestamp(int64_t micros);

}  // namespace freshet
