// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"

namespace freshet {

// Xxh3 of a file from the byte `from` to its end, read in pieces. `keep_going`,
// if given, is asked before each; false gives CANCELLED.
absl::StatusOr<uint64_t> FileSum(const std::string& path, int64_t from,
                                 const std::function<bool()>& keep_going);

}  // namespace freshet
