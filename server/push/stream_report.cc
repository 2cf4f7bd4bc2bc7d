// SPDX-License-Identifier: Apache-2.0
#include "server/push/stream_report.h"

#include <algorithm>
#include <map>

#include "base/check.h"
#include "server/push/live_state.h"

namespace freshet {
namespace {

size_t IncompleteAt(const ServedWindows& view, int64_t now_micros) {
  const WindowPlan& windows = view.plan->windows;
  const auto& outputs = windows.outputs();
  return static_cast<size_t>(std::count_if(
      outputs.begin(), outputs.end(), [&](const WindowPlan::Output& output) {
        return windows.WindowStart(output.window, now_micros) <
               view.whole_from_micros;
      }));
}

}  // namespace

std::vector<StreamReport> ReportStreams(const ServingSet& set,
                                        const LiveState& live,
                                        int64_t now_micros) {
  const LiveViews* views = live.views();
  std::map<std::string, OutcomeCounts> outcomes;
  if (views != nullptr) outcomes = views->stats().outcomes;
  const std::string trouble(live.health().message());
  std::vector<StreamReport> reports;
  for (const ServedWindows& view : set.windows()) {
    StreamReport& report = reports.emplace_back();
    report.name = view.definition.name;
    report.source = view.definition.source;
    report.owner = view.definition.owner;
    for (const KeyPart& part : view.plan->key) {
      report.join_keys.push_back(part.name);
    }
    report.features = view.plan->features.size();
    report.incomplete = IncompleteAt(view, now_micros);
    report.whole_from_micros = view.whole_from_micros;
    report.critical = view.definition.critical;
    report.outcomes = outcomes[report.name];
    report.message = view.message.empty() ? trouble : view.message;
  }
  return reports;
}

std::string_view OutcomeName(EventOutcome outcome) {
  switch (outcome) {
    case EventOutcome::kAdded:
      return "added";
    case EventOutcome::kFiltered:
      return "filtered";
    case EventOutcome::kLate:
      return "late";
    case EventOutcome::kFuture:
      return "future";
    case EventOutcome::kNoTime:
      return "no_time";
    case EventOutcome::kNoKey:
      return "no_key";
    case EventOutcome::kFailed:
      return "failed";
    case EventOutcome::kDuplicate:
      return "duplicate";
  }
  CHECK(false);
}

}  // namespace freshet
