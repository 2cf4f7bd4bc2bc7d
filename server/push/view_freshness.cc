// SPDX-License-Identifier: Apache-2.0
#include "server/push/view_freshness.h"

#include <fmt/format.h>

#include "config/units.h"
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
  std::map<std::string, std::optional<int64_t>> behind;
  for (const SourceState& source : live.SourceStates()) {
    behind[source.source] = source.behind_micros;
  }
  std::map<std::string, ViewFreshness> views;
  const auto add = [&](const std::string& view, const std::string& source,
                       int64_t expected_micros) {
    const auto found = behind.find(source);
    // It is expected of one that is not read, too.
    if (found == behind.end() && expected_micros == 0) return;
    ViewFreshness& freshness = views[view];
    freshness.expected_micros = expected_micros;
    if (found != behind.end()) freshness.behind_micros = found->second;
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

}  // namespace freshet
