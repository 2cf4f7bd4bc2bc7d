// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/status.h"

namespace freshet {

// Watches what `line`, a WatchOrder, says, confined: wakes are read from `in`,
// a line with a view's name each, sightings written to `out`. Ends the process
// when `in` is at its end; returns only if it could not begin. Call before any
// thread runs.
absl::Status RunWatcher(const std::string& line, int in, int out);

}  // namespace freshet
