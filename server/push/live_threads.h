// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "config/settings.h"
#include "server/event_export/event_exporter.h"
#include "server/housekeeper.h"
#include "server/push/live_builder.h"
#include "server/push/live_eraser.h"
#include "server/push/replays.h"

namespace freshet {

class Clock;
class LiveState;
class RequestStats;
class Serving;

// What a daemon does with its live views beside serving them and taking events,
// each on a thread of its own.
struct LiveThreads {
  struct Parts {
    LiveState* live = nullptr;
    const Clock* clock = nullptr;
    const Serving* serving = nullptr;
    RequestStats* requests = nullptr;
    // As LiveBuilder's.
    std::function<absl::Status()> serve;
    std::function<void(const std::string& sentence, bool trouble)> say;
  };
  // What `parts` have outlives it.
  LiveThreads(const Settings& settings, const Parts& parts);

  LiveEraser eraser;
  LiveBuilder builder;
  Replays replays;
  EventExporter exporter;
  // Has requests know how fresh the views are.
  Housekeeper freshness;
};

}  // namespace freshet
