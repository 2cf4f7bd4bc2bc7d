// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "base/file.h"

namespace freshet {

// A new file in `dir` to write and read, without a name: it is gone when it is
// closed, however the process ends.
absl::StatusOr<UniqueFd> OpenNameless(const std::string& dir);

}  // namespace freshet
