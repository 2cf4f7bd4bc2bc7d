// SPDX-License-Identifier: Apache-2.0
// The log: spdlog's default logger, to standard error. One line per change of
// state, none per request but slow ones. In JSON a line is an object with
// time, level and message.
#pragma once

#include "config/settings.h"

namespace freshet {

// Call once, before other threads log.
void StartLog(const LogSettings& settings);

// For a reload. Safe to use from any thread.
void SetLogLevel(const LogSettings& settings);

}  // namespace freshet
