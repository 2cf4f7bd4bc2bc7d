// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace freshet {

// The next line, without its newline; read byte by byte, so that what follows
// it is left. INVALID_ARGUMENT: there is none, or it has more than 16 MiB.
absl::StatusOr<std::string> ReadLine(int fd);

// From now on the process ends at once, with exit code 1, when `fd` is at its
// end: the other end is held by the daemon, so the daemon is gone or gave the
// load up. What the load has built is left to the daemon's next clean-up.
void ExitAtEndOf(int fd);

}  // namespace freshet
