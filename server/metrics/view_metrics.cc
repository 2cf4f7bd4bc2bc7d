// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>
#include <iterator>

#include "base/clock.h"
#include "server/metrics/families.h"
#include "server/metrics/load_stats.h"
#include "server/metrics/metrics_page.h"
#include "server/views_report.h"
#include "versions/store.h"
#include "versions/watch/source_watcher.h"

namespace freshet {
namespace {

using Metric = Families::Type;
using Reports = std::vector<ViewReport>;

// One family with a sample for each view that `value` gives one.
void AddViews(Families& families, const Reports& reports,
              const std::function<double(const ViewReport&)>& value) {
  for (const ViewReport& report : reports) {
    families.Add(value(report), {{"view", report.name}});
  }
}

void AddFreshness(const Reports& reports, Families& families) {
  families.Declare(Metric::kGauge, "freshet_view_data_timestamp_seconds",
                   "as_of of the current version.");
  for (const ViewReport& report : reports) {
    if (report.version == 0) continue;
    families.Add(Seconds(report.as_of_micros), {{"view", report.name}});
  }
  families.Declare(Metric::kGauge, "freshet_view_max_staleness_seconds",
                   "How old the definition lets the data become.");
  for (const ViewReport& report : reports) {
    if (report.freshness_micros == 0) continue;
    families.Add(Seconds(report.freshness_micros), {{"view", report.name}});
  }
  families.Declare(Metric::kGauge, "freshet_view_info",
                   "What the definition says of the view.");
  for (const ViewReport& report : reports) {
    families.Add(1, {{"view", report.name},
                     {"owner", report.owner},
                     {"critical", report.critical ? "true" : "false"}});
  }
}

void AddMissingValues(const ServingSet& set, Families& families) {
  families.Declare(Metric::kGauge, "freshet_feature_missing_ratio",
                   "Share of the current version's rows with NULL or NaN; of "
                   "an upsert its own rows.");
  for (const ServedView& view : set.views()) {
    if (view.current == nullptr) continue;
    const Manifest& manifest = view.current->manifest();
    const int64_t rows = manifest.rows - manifest.deleted_rows;
    if (rows == 0) continue;
    for (size_t f = 0; f < view.definition.features.size(); ++f) {
      const ColumnStats* stats = manifest.StatsOf(view.feature_ids[f]);
      if (stats == nullptr) continue;
      families.Add(
          static_cast<double>(stats->missing()) / static_cast<double>(rows),
          {{"view", view.definition.name},
           {"feature", view.definition.features[f].name}});
    }
  }
}

struct ViewNumber {
  Metric type;
  std::string_view name;
  std::string_view help;
  int64_t ViewReport::*value;
};

constexpr ViewNumber kViewNumbers[] = {
    {Metric::kGauge, "freshet_view_active_version",
     "Number of the current version; 0: none.", &ViewReport::version},
    {Metric::kGauge, "freshet_view_versions", "Versions kept on disk.",
     &ViewReport::kept},
    {Metric::kGauge, "freshet_view_pending_approvals",
     "Versions that a guard holds.", &ViewReport::pending},
    {Metric::kGauge, "freshet_view_waiting_versions",
     "Versions that wait for other views of their snapshot group.",
     &ViewReport::waiting},
    {Metric::kGauge, "freshet_view_corrupt_versions",
     "Kept versions that failed a check.", &ViewReport::corrupt},
    {Metric::kGauge, "freshet_view_rows", "Rows of the current version.",
     &ViewReport::rows},
    {Metric::kGauge, "freshet_view_bytes",
     "Bytes on disk of the current version, with those that it is laid over.",
     &ViewReport::bytes},
    {Metric::kGauge, "freshet_view_layers",
     "Versions that answer for the current one: it and those that it is laid "
     "over.",
     &ViewReport::layers},
    {Metric::kCounter, "freshet_view_rollbacks_total",
     "Rollbacks by an operator, ever.", &ViewReport::rollbacks},
    {Metric::kCounter, "freshet_view_fallbacks_total",
     "Falls back from a damaged version, ever.", &ViewReport::fallbacks},
};

bool Succeeded(const EndedLoad& load) {
  return load.outcome != "failed" && load.outcome != "cancelled";
}

// Every result of every view is there from the start: a rate over a series
// that is born as 1 does not see its first count.
void AddAttempts(const LoadStats& loads, const ServingSet& set,
                 Families& families) {
  LoadStats::Counts attempts = loads.attempts();
  for (const ServedView& view : set.views()) {
    for (const std::string_view result : kLoadResults) {
      attempts.try_emplace({view.definition.name, std::string(result)}, 0);
    }
  }
  families.Declare(Metric::kCounter, "freshet_load_attempts_total",
                   "Loads ended or refused.");
  for (const auto& [key, count] : attempts) {
    families.Add(static_cast<double>(count),
                 {{"view", key.first}, {"result", key.second}});
  }
  families.Declare(Metric::kCounter, "freshet_load_errors_total",
                   "Loads that failed or were refused, by gRPC code.");
  for (const auto& [key, count] : loads.errors()) {
    families.Add(static_cast<double>(count),
                 {{"view", key.first}, {"reason", key.second}});
  }
}

void AddWatchMetrics(const MetricsSource& source, Families& families) {
  const auto states = source.watcher->states();
  families.Declare(Metric::kGauge, "freshet_source_watch_ok",
                   "Whether the last look at a watched source did not fail.");
  for (const auto& [view, state] : states) {
    const bool ok =
        state.status.ok() || absl::IsFailedPrecondition(state.status);
    families.Add(ok ? 1 : 0, {{"view", view}});
  }
  families.Declare(Metric::kGauge, "freshet_source_load_ok",
                   "Whether what was seen in a watched source could be "
                   "loaded.");
  for (const auto& [view, state] : states) {
    families.Add(state.load.ok() ? 1 : 0, {{"view", view}});
  }
  families.Declare(Metric::kGauge, "freshet_source_looked_timestamp_seconds",
                   "When a look at a watched source last did not fail.");
  for (const auto& [view, state] : states) {
    if (state.looked_micros == 0) continue;
    families.Add(Seconds(state.looked_micros), {{"view", view}});
  }
}

}  // namespace

void AddViewMetrics(const MetricsSource& source, Families& families) {
  const Serving::SetPtr set = source.store->serving().Current();
  const Reports reports = ReportViews(*set, *source.store->catalog().state(),
                                      source.clock->NowMicros());
  AddFreshness(reports, families);
  AddMissingValues(*set, families);
  Reports with_versions;
  std::copy_if(reports.begin(), reports.end(),
               std::back_inserter(with_versions),
               [](const ViewReport& report) { return report.has_snapshots; });
  for (const ViewNumber& number : kViewNumbers) {
    families.Declare(number.type, number.name, number.help);
    AddViews(families, with_versions, [&](const ViewReport& report) {
      return static_cast<double>(report.*number.value);
    });
  }
}

void AddLoadMetrics(const MetricsSource& source, Families& families) {
  const Serving::SetPtr set = source.store->serving().Current();
  AddAttempts(*source.loads, *set, families);
  families.Declare(Metric::kHistogram, "freshet_load_duration_seconds",
                   "Of loads that did not fail.");
  for (const auto& [view, durations] : source.loads->durations()) {
    families.Add(durations, {{"view", view}});
  }

  std::map<std::string, int64_t> running;
  std::map<std::string, int64_t> last_success;
  for (const ServedView& view : set->views()) running[view.definition.name] = 0;
  for (const LoadJob& job : source.store->loads().List()) {
    if (!job.ended()) ++running[job.request.view];
  }
  const Catalog::StatePtr catalog = source.store->catalog().state();
  for (const EndedLoad& load : catalog->ended_loads) {
    int64_t& last = last_success[load.view];
    if (Succeeded(load)) last = std::max(last, load.ended_micros);
  }
  families.Declare(Metric::kGauge, "freshet_load_in_progress",
                   "Loads that run or wait.");
  for (const auto& [view, count] : running) {
    families.Add(static_cast<double>(count), {{"view", view}});
  }
  families.Declare(Metric::kGauge,
                   "freshet_load_last_success_timestamp_seconds",
                   "When the last load that did not fail ended.");
  for (const auto& [view, at] : last_success) {
    if (at > 0) families.Add(Seconds(at), {{"view", view}});
  }
  AddWatchMetrics(source, families);
}

}  // namespace freshet
