// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"

namespace freshet {

enum class Signal { kStop, kReload };

// Makes SIGTERM and SIGINT a wish to stop and SIGHUP one to reload, to be
// taken by WaitForSignal; a second SIGTERM or SIGINT ends the process at once.
// Handlers and not a blocked mask, which the loaders would inherit. SIGPIPE is
// ignored. Call once, from the main thread.
absl::Status InstallSignals();

// Blocks. Requires: InstallSignals returned OK.
Signal WaitForSignal();

}  // namespace freshet
