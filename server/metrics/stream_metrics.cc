// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "server/metrics/families.h"
#include "server/metrics/metrics_page.h"
#include "server/push/live_state.h"
#include "server/push/report/source_report.h"
#include "server/push/report/stream_report.h"
#include "server/push/report/view_freshness.h"
#include "versions/store.h"

namespace freshet {
namespace {

using Metric = Families::Type;
using Reports = std::vector<StreamReport>;

// Of what `set` takes events into: zeros from the start.
void AddOutcomes(const ServingSet& set, const LiveViews::Stats& stats,
                 Families& families) {
  families.Declare(Metric::kCounter, "freshet_stream_events_total",
                   "What became of events in a view.");
  const auto add = [&](const std::string& view) {
    const auto counted = stats.outcomes.find(view);
    const OutcomeCounts counts =
        counted == stats.outcomes.end() ? OutcomeCounts() : counted->second;
    for (size_t i = 0; i < counts.size(); ++i) {
      const std::string outcome(OutcomeName(static_cast<EventOutcome>(i)));
      families.Add(static_cast<double>(counts[i]),
                   {{"view", view}, {"outcome", outcome}});
    }
  };
  for (const ServedWindows& view : set.windows()) add(view.definition.name);
  for (const ServedView& view : set.views()) {
    if (view.definition.live) add(view.definition.name);
  }
}

void AddCoverage(const Reports& reports, Families& families) {
  families.Declare(Metric::kGauge, "freshet_stream_whole_from_seconds",
                   "From when on a stream view has every event that came.");
  for (const StreamReport& report : reports) {
    families.Add(Seconds(report.whole_from_micros), {{"view", report.name}});
  }
  families.Declare(Metric::kGauge, "freshet_stream_incomplete_features",
                   "Features of a stream view that answer INCOMPLETE now.");
  for (const StreamReport& report : reports) {
    families.Add(static_cast<double>(report.incomplete),
                 {{"view", report.name}});
  }
  families.Declare(Metric::kGauge, "freshet_stream_build_records",
                   "Records of the change log that are to be gone through "
                   "until a stream view answers as it is defined.");
  for (const StreamReport& report : reports) {
    families.Add(static_cast<double>(report.records_left.value_or(0)),
                 {{"view", report.name}});
  }
}

// Also of views with live rows, for alerts join it.
void AddViewInfo(const ServingSet& set, Families& families) {
  families.Declare(Metric::kGauge, "freshet_stream_view_info",
                   "What the definition says of a view that has events.");
  const auto add = [&](const auto& definition, const std::string& source) {
    families.Add(1, {{"view", definition.name},
                     {"source", source},
                     {"owner", definition.owner},
                     {"critical", definition.critical ? "true" : "false"}});
  };
  for (const ServedWindows& view : set.windows()) {
    add(view.definition, view.definition.source);
  }
  for (const ServedView& view : set.views()) {
    if (view.definition.live)
      add(view.definition, view.definition.live->source);
  }
}

void AddPushes(const LiveState& live, Families& families) {
  families.Declare(Metric::kCounter, "freshet_push_events_total",
                   "Events that were pushed, and what was said of them.");
  const auto pushes = live.pushes();
  for (const auto& [source, sums] : pushes) {
    const std::pair<const char*, int64_t> kResults[] = {
        {"accepted", sums.counts.accepted},
        {"no_time", sums.counts.no_time},
        {"future", sums.counts.future}};
    for (const auto& [result, count] : kResults) {
      families.Add(static_cast<double>(count),
                   {{"source", source}, {"result", result}});
    }
  }
  families.Declare(Metric::kHistogram, "freshet_push_acknowledge_seconds",
                   "Until a push was acknowledged.");
  for (const auto& [source, sums] : pushes) {
    families.Add(sums.took, {{"source", source}});
  }
}

void AddDelays(const LiveState& live, Families& families) {
  std::map<std::string, Feeds::Delays> feeds;
  if (const Feeds* read = live.feeds()) feeds = read->delays();
  families.Declare(Metric::kHistogram, "freshet_stream_event_delay_seconds",
                   "Since events happened until they were served.");
  for (const auto& [source, delays] : feeds) {
    families.Add(delays.happened, {{"source", source}});
  }
  for (const auto& [source, sums] : live.pushes()) {
    if (feeds.contains(source)) continue;
    families.Add(sums.happened, {{"source", source}});
  }
  families.Declare(Metric::kHistogram, "freshet_stream_produce_delay_seconds",
                   "Since records were written to a source's topics until "
                   "their events were served.");
  for (const auto& [source, delays] : feeds) {
    families.Add(delays.produced, {{"source", source}});
  }
}

void AddPushLogs(const LiveState& live, Families& families) {
  std::vector<PushLog::Stats> logs;
  if (const Feeds* feeds = live.feeds()) logs = feeds->push_logs();
  families.Declare(Metric::kGauge, "freshet_push_log_waiting_bytes",
                   "Of pushes that are on their way through a push log.");
  for (const PushLog::Stats& log : logs) {
    families.Add(static_cast<double>(log.waits.bytes),
                 {{"source", log.source}});
  }
  families.Declare(Metric::kCounter, "freshet_push_log_failed_total",
                   "Pushes that a push log did not acknowledge.");
  for (const PushLog::Stats& log : logs) {
    const std::pair<const char*, int64_t> kReasons[] = {
        {"not_read", log.waits.unread},
        {"not_written", log.waits.unwritten},
        {"refused", log.refused}};
    for (const auto& [reason, count] : kReasons) {
      families.Add(static_cast<double>(count),
                   {{"source", log.source}, {"reason", reason}});
    }
  }
}

struct SourceNumber {
  Metric type;
  std::string_view name;
  std::string_view help;
  int64_t SourceReport::*value;
};

constexpr SourceNumber kSourceNumbers[] = {
    {Metric::kCounter, "freshet_stream_source_records_total",
     "Records that were read from a source's topics.", &SourceReport::records},
    {Metric::kCounter, "freshet_stream_source_events_total",
     "Events that were taken of them.", &SourceReport::events},
    {Metric::kGauge, "freshet_stream_source_partitions",
     "Partitions of a source's topics.", &SourceReport::partitions},
    {Metric::kGauge, "freshet_stream_source_stopped_partitions",
     "Those that a gap or another log stopped.", &SourceReport::stopped},
};

// Also of push logs that are not read, for their alerts join it.
void AddSourceInfo(const LiveState& live,
                   const std::vector<SourceReport>& reports,
                   Families& families) {
  std::map<std::string, std::string> owners;
  if (const LiveViews* views = live.views()) {
    for (const auto& [name, source] : views->served()->sources) {
      if (source.push_log) owners[name] = source.owner;
    }
  }
  for (const SourceReport& report : reports) owners[report.name] = report.owner;
  families.Declare(Metric::kGauge, "freshet_stream_source_info",
                   "What the definition says of the source.");
  for (const auto& [name, owner] : owners) {
    families.Add(1, {{"source", name}, {"owner", owner}});
  }
}

void AddSources(const LiveState& live, Families& families) {
  const std::vector<SourceReport> reports = ReportSources(live);
  for (const SourceNumber& number : kSourceNumbers) {
    families.Declare(number.type, number.name, number.help);
    for (const SourceReport& report : reports) {
      families.Add(static_cast<double>(report.*number.value),
                   {{"source", report.name}});
    }
  }
  families.Declare(Metric::kCounter, "freshet_dead_letters_total",
                   "Records of a source's topics that are no event.");
  for (const SourceReport& report : reports) {
    for (size_t i = 0; i < report.dead_letters.size(); ++i) {
      families.Add(static_cast<double>(report.dead_letters[i]),
                   {{"source", report.name},
                    {"reason", std::string(DeadLetterReasonName(
                                   static_cast<DeadLetterReason>(i)))}});
    }
  }
  families.Declare(Metric::kGauge, "freshet_stream_source_lag_records",
                   "Records of a source's topics that are not read yet.");
  for (const SourceReport& report : reports) {
    if (report.lag < 0) continue;
    families.Add(static_cast<double>(report.lag), {{"source", report.name}});
  }
  families.Declare(Metric::kGauge, "freshet_stream_source_newest_event_seconds",
                   "The latest event time of a source's events.");
  for (const SourceReport& report : reports) {
    if (report.newest_event_micros == 0) continue;
    families.Add(Seconds(report.newest_event_micros),
                 {{"source", report.name}});
  }
  families.Declare(Metric::kGauge, "freshet_stream_source_ok",
                   "Whether a source's topics are read.");
  for (const SourceReport& report : reports) {
    families.Add(report.message.empty() ? 1 : 0, {{"source", report.name}});
  }
  families.Declare(Metric::kGauge, "freshet_stream_source_paused",
                   "Whether an operator paused the source.");
  for (const SourceReport& report : reports) {
    families.Add(report.paused ? 1 : 0, {{"source", report.name}});
  }
  AddSourceInfo(live, reports, families);
}

void AddFreshness(const ServingSet& set, const LiveState& live,
                  Families& families) {
  families.Declare(Metric::kGauge, "freshet_stream_source_behind_seconds",
                   "Everything that was written to a source's topics so long "
                   "ago was read.");
  for (const SourceState& source : live.SourceStates()) {
    if (!source.behind_micros) continue;
    families.Add(Seconds(*source.behind_micros), {{"source", source.source}});
  }
  const auto views = ReportFreshness(set, live);
  families.Declare(Metric::kGauge, "freshet_stream_view_behind_seconds",
                   "The same of the source of a view's windows or live rows.");
  for (const auto& [view, freshness] : views) {
    if (!freshness.behind_micros) continue;
    families.Add(Seconds(*freshness.behind_micros), {{"view", view}});
  }
  families.Declare(Metric::kGauge,
                   "freshet_stream_view_expected_freshness_seconds",
                   "How far behind it is to be at most.");
  for (const auto& [view, freshness] : views) {
    if (freshness.expected_micros == 0) continue;
    families.Add(Seconds(freshness.expected_micros), {{"view", view}});
  }
}

}  // namespace

void AddStreamMetrics(const MetricsSource& source, Families& families) {
  const Serving::SetPtr set = source.store->serving().Current();
  const LiveViews::Stats stats = source.live->stats();
  const absl::Status health = source.live->health();
  const Reports reports =
      ReportStreams(*set, stats.outcomes, std::string(health.message()),
                    source.clock->NowMicros());
  AddOutcomes(*set, stats, families);
  AddCoverage(reports, families);
  AddViewInfo(*set, families);
  AddPushes(*source.live, families);
  AddPushLogs(*source.live, families);
  AddDelays(*source.live, families);
  AddSources(*source.live, families);
  AddFreshness(*set, *source.live, families);
  families.Gauge("freshet_live_write_ok",
                 "Whether events can be written, or there is nothing to write.",
                 health.ok() ? 1 : 0);
  families.Counter("freshet_change_log_records_total",
                   "Records of the change log, ever.",
                   static_cast<double>(stats.records));
  families.Gauge("freshet_change_log_bytes", "Bytes of the change log on disk.",
                 static_cast<double>(stats.log_bytes));
  families.Gauge("freshet_live_store_bytes", "Bytes of the live store's files.",
                 static_cast<double>(stats.store.file_bytes));
  families.Gauge("freshet_live_store_buffered_bytes",
                 "Bytes of the live store that are not in files yet.",
                 static_cast<double>(stats.store.buffered_bytes));
}

}  // namespace freshet
