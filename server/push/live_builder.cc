// SPDX-License-Identifier: Apache-2.0
#include "server/push/live_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/status.h"
#include "ingest/live/live_views.h"
#include "server/push/live_state.h"

namespace freshet {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

// How soon it is seen that there is something to do.
constexpr milliseconds kLookEvery(200);
constexpr milliseconds kRestMin(1);

std::string MadeViews(const ServedViews& served) {
  std::string names;
  for (const LiveWindows& view : served.windows) {
    if (view.records_left == nullptr || *view.records_left > 0) continue;
    names += fmt::format("{}'{}'", names.empty() ? "" : ", ", view.name);
  }
  return names;
}

}  // namespace

LiveBuilder::LiveBuilder(Parts parts)
    : parts_(std::move(parts)), thread_([this] { Run(); }) {}

LiveBuilder::~LiveBuilder() {
  stop_.Set();
  thread_.join();
}

absl::StatusOr<bool> LiveBuilder::Step(LiveViews& views) const {
  ASSIGN_OR_RETURN(const LiveViews::BuildState state, views.upkeep().Build());
  if (state != LiveViews::BuildState::kReady) {
    return state == LiveViews::BuildState::kGoesOn;
  }
  const std::string made = MadeViews(*views.served());
  RETURN_IF_ERROR(parts_.serve());
  parts_.say(fmt::format("windows were made anew, and serve: {}", made),
             /*trouble=*/false);
  return true;
}

void LiveBuilder::Run() {
  std::string said;
  milliseconds rest = kLookEvery;
  while (!stop_.WaitFor(rest)) {
    rest = kLookEvery;
    LiveViews* views = parts_.live->views();
    if (views == nullptr) continue;
    const auto begin = Steady::now();
    const absl::StatusOr<bool> more = Step(*views);
    // As long as it took, so that whoever writes comes to it.
    if (more.value_or(false)) {
      rest = std::max(kRestMin,
                      std::chrono::ceil<milliseconds>(Steady::now() - begin));
    }
    const std::string message(more.status().message());
    if (message != std::exchange(said, message) && !more.ok()) {
      parts_.say(fmt::format("windows are not made anew: {}", message),
                 /*trouble=*/true);
    }
  }
}

}  // namespace freshet
