// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace freshet {

// From now on the process ends at once, with exit code 1, when `fd` is at its
// end: the other end is held by the daemon, so the daemon is gone or gave the
// load up. What the load has built is left to the daemon's next clean-up.
void ExitAtEndOf(int fd);

}  // namespace freshet
