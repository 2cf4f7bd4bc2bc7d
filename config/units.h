// SPDX-License-Identifier: Apache-2.0
// Durations and sizes as people write them: `36h`, `512MiB`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace freshet {

// A whole number and one of us, ms, s, m, h, d, w; or `0`. In microseconds.
absl::StatusOr<int64_t> ParseDuration(std::string_view text);
// In the largest unit that gives a whole number. Requires: micros >= 0.
std::string FormatDuration(int64_t micros);

// A whole number and one of B, KiB, MiB, GiB, TiB; or `0`. In bytes.
absl::StatusOr<int64_t> ParseSize(std::string_view text);
// In the largest unit that gives a whole number. Requires: bytes >= 0.
std::string FormatSize(int64_t bytes);
// To one decimal, for people: `1.5 GiB`.
std::string FormatBytes(int64_t bytes);

}  // namespace freshet
