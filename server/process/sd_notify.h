// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace freshet {

// Sends `state` (`READY=1`, `STOPPING=1`, several lines) to the service manager
// that NOTIFY_SOCKET names; OK, and nothing happens, without it. systemd's
// protocol is one datagram.
absl::Status NotifyServiceManager(std::string_view state);

// `RELOADING=1` with the time that systemd wants beside it.
std::string ReloadingState();

}  // namespace freshet
