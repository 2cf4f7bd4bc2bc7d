// SPDX-License-Identifier: Apache-2.0
// Named places where a test can make the process fail, wait or die.
//
// Armed by the environment variable FRESHET_FAILPOINTS, a list such as
//   catalog.before_write=kill;load.spawn=error;read.disk=sleep:3000
// Actions: kill (SIGKILL to itself), error (INTERNAL naming the point),
// sleep:MS, and any of them with a count first, `2*error`: only the first two
// times. Every place is listed in docs/architecture.md. Without
// FRESHET_FAILPOINTS at compile time (release) a failpoint costs nothing and
// arming has no effect.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace freshet {

// What the armed action says: OK, or the injected error. Use through the
// macro, which release builds leave out.
absl::Status HitFailpoint(std::string_view name);

// Arms points as the environment variable would, replacing all. For tests.
absl::Status ArmFailpoints(std::string_view spec);

}  // namespace freshet

#ifdef FRESHET_FAILPOINTS
#define FAILPOINT(name) ::freshet::HitFailpoint(name)
#else
#define FAILPOINT(name) ::absl::OkStatus()
#endif
