// SPDX-License-Identifier: Apache-2.0
#include "server/push/report/view_freshness.h"

#include <fmt/format.h>

#include <utility>

#include "config/units.h"
#include "server/net/request_stats.h"
#include "server/push/live_state.h"

namespace freshet {

std::string ViewFreshness::Trouble() const {
  if (expected_micros == 0 || behind_micros.value_or(0) <= expected_micros) {
    return "";
  }
  return fmt::format("is {} s behind its topics; expected_freshness is {}",
                     *behind_micros / 1'000'000,
                     FormatDuration(expected_micros));
}

std::map<std::string, ViewFreshness> ReportFreshness(const ServingSet& set,
                                                     const LiveState& live) {
  std::map<std::string, SourceState> sources;
  for (SourceState& source : live.SourceStates()) {
    sources[source.source] = std::move(source);
  }
  std::map<std::string, ViewFreshness> views;
  const auto add = [&](const std::string& view, const std::string& source,
                       int64_t expected_micros) {
    const auto found = sources.find(source);
    // It is expected of one that is not read, too.
    if (found == sources.end() && expected_micros == 0) return;
    ViewFreshness& freshness = views[view];
    freshness.expected_micros = expected_micros;
    if (found == sources.end()) return;
    freshness.behind_micros = found->second.behind_at_least_micros;
    freshness.is_known = found->second.behind_micros.has_value();
  };
  for (const ServedWindows& view : set.windows()) {
    add(view.definition.name, view.definition.source,
        view.definition.expected_freshness_micros);
  }
  for (const ServedView& view : set.views()) {
    const auto& rows = view.definition.live;
    if (!rows) continue;
    add(view.definition.name, rows->source, rows->expected_freshness_micros);
  }
  return views;
}

void NoteWholeUntil(const ServingSet& set, const LiveState& live,
                    int64_t now_micros, RequestStats& requests) {
  const std::map<std::string, ViewFreshness> known = ReportFreshness(set, live);
  const auto note = [&](const std::string& view) {
    const auto found = known.find(view);
    const bool is_known = found != known.end() && found->second.is_known;
    requests.view(view).ages.whole_until_micros.store(
        is_known ? now_micros - *found->second.behind_micros
                 : ServedAges::kNotKnown,
        std::memory_order_relaxed);
  };
  for (const ServedWindows& view : set.windows()) note(view.definition.name);
  for (const ServedView& view : set.views()) {
    if (view.definition.live) note(view.definition.name);
  }
}

}  // namespace freshet
