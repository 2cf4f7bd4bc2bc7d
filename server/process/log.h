// SPDX-License-Identifier: Apache-2.0
// The log: spdlog's default logger, to standard error. One line per change of
// state, none per request but slow ones. In JSON a line is an object with
// time, level and message.
#pragma once

#include "config/settings.h"

namespace freshet {

// Where standard input, output or error is closed, opens /dev/null in its
// place: else a file of ours would get that number, and with it what is logged.
// Call before anything else is opened.
void OpenStandardStreams();

// Call once, before other threads log.
void StartLog(const LogSettings& settings);

// For a reload. Safe to use from any thread.
void SetLogLevel(const LogSettings& settings);

}  // namespace freshet
