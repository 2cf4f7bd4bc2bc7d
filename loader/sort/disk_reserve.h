// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace freshet {

// RESOURCE_EXHAUSTED, with the numbers, if `bytes` more on the file system of
// `dir` would leave less than `reserve_bytes` free. The daemon's database
// aborts on a full disk, so a load ends before it fills one.
absl::Status CheckDiskReserve(const std::string& dir, int64_t reserve_bytes,
                              int64_t bytes);

}  // namespace freshet
