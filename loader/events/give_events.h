// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/status.h"

namespace freshet {

// All that the loader process does for `freshet push`: enters the sandbox, and
// does what `line` (an EventFileOrder) says, with EventFrames to `out`. What is
// wrong with the file is told in the last frame, with row and column. Ends the
// process when `in` ends. An error: it could not be told.
absl::Status GiveEvents(const std::string& line, int in, int out);

}  // namespace freshet
