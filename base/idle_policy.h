// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace freshet {

// From here on the calling thread (and what it starts) gets processor and disk
// only when nobody else wants them; there is no way back. Best effort: a
// container may forbid it, and the work is right anyway.
void BecomeIdle();

}  // namespace freshet
