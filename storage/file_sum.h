// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"

namespace freshet {

// Xxh3 of all of a file, read in pieces of a MiB. `keep_going`, if given, is
// asked before each; false gives CANCELLED.
absl::StatusOr<uint64_t> FileSum(const std::string& path,
                                 const std::function<bool()>& keep_going);

}  // namespace freshet
