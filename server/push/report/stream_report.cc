// SPDX-License-Identifier: Apache-2.0
#include "server/push/report/stream_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "storage/live/window_rows.h"

namespace freshet {
namespace {

size_t IncompleteAt(const ServedWindows& view, int64_t now_micros) {
  size_t incomplete = 0;
  const HistorySpan* history = SpanOf(view.history.get(), now_micros);
  for (size_t i = 0; i < view.plan->features.size(); ++i) {
    if (IsIncomplete(*view.plan, {*view.coverage, history}, i, now_micros)) {
      ++incomplete;
    }
  }
  return incomplete;
}

void AddWholeFrom(const ServedWindows& view, StreamReport& report) {
  int64_t& from = report.whole_from_micros;
  from = view.coverage->whole_from_micros();
  if (from == Coverage::kNothing) from = 0;
  if (view.history == nullptr) return;
  const Manifest& manifest = view.history->manifest();
  const HistorySpan& span = manifest.history->span;
  report.history_version = manifest.version;
  report.cutover_micros = span.end_micros;
  if (from > 0 && from <= span.end_micros) {
    from = std::min(from, span.from_micros);
  }
}

}  // namespace

std::vector<StreamReport> ReportStreams(
    const ServingSet& set, const std::map<std::string, OutcomeCounts>& outcomes,
    const std::string& trouble, int64_t now_micros) {
  std::vector<StreamReport> reports;
  for (const ServedWindows& view : set.windows()) {
    StreamReport& report = reports.emplace_back();
    report.name = view.definition.name;
    report.source = view.definition.source;
    report.owner = view.definition.owner;
    for (const KeyPart& part : view.plan->event.key) {
      report.join_keys.push_back(part.name);
    }
    report.features = view.plan->features.size();
    report.incomplete = IncompleteAt(view, now_micros);
    AddWholeFrom(view, report);
    const auto counted = outcomes.find(report.name);
    if (counted != outcomes.end()) report.outcomes = counted->second;
    report.message = view.message.empty() ? trouble : view.message;
    if (view.records_left == nullptr) continue;
    report.records_left = *view.records_left;
    if (!report.message.empty()) continue;
    report.message =
        fmt::format("is made anew, {} records are left", *report.records_left);
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
    case EventOutcome::kBeforeCutover:
      return "before_cutover";
  }
  CHECK(false);
}

}  // namespace freshet
