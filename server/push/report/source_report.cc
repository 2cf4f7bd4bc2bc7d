// SPDX-License-Identifier: Apache-2.0
#include "server/push/report/source_report.h"

#include <fmt/format.h>

#include "server/push/live_state.h"

namespace freshet {
namespace {

void AddMessage(std::string_view message, SourceReport& report) {
  if (message.empty()) return;
  if (!report.message.empty()) report.message += "; ";
  report.message += message;
}

// Of a partition that nobody has an error for: one whose leader is silent, or
// that has none, looks like one to which nothing is written.
// All partitions share a queue, and while that is full no leader is asked:
// `behind` allows for it.
std::string SilenceOf(const KafkaPartitionState& at, bool behind) {
  const int64_t silent_max_ms = behind ? 60'000 : 10'000;  // As HealthOf's.
  const std::string which =
      fmt::format("partition {} of topic '{}'", at.partition, at.topic);
  if (at.silent_ms < 0) return which + ": no leader of it has answered";
  if (at.silent_ms <= silent_max_ms) return "";
  return fmt::format("{}: its leader has not answered for {} s", which,
                     at.silent_ms / 1'000);
}

}  // namespace

SourceReport ReportSource(const SourceState& state) {
  SourceReport report;
  report.name = state.source;
  report.partitions = static_cast<int64_t>(state.partitions.size());
  report.behind_micros = state.behind_at_least_micros;
  report.paused = state.paused;
  report.records = state.records;
  report.events = state.events;
  report.dead_letters = state.dead_letters;
  report.newest_event_micros = state.newest_event_micros.value_or(0);
  AddMessage(std::string(state.health.message()), report);
  bool all_known = !state.partitions.empty();
  bool behind = false;
  int64_t lag = 0;
  for (const SourcePartition& partition : state.partitions) {
    report.stopped += partition.at.stopped ? 1 : 0;
    all_known = all_known && partition.at.lag >= 0;
    behind |= partition.at.lag > 0;
    lag += partition.at.lag;
    // One that stopped the source is in its health.
    if (state.health.ok()) AddMessage(partition.trouble, report);
  }
  if (all_known) report.lag = lag;
  if (state.paused) return report;
  // One stands for all: they are as many as a broker leads.
  for (const SourcePartition& partition : state.partitions) {
    if (!report.message.empty()) break;
    AddMessage(SilenceOf(partition.at, behind), report);
  }
  return report;
}

std::vector<SourceReport> ReportSources(const LiveState& live) {
  std::vector<SourceReport> reports;
  if (live.views() == nullptr) return reports;
  const auto served = live.views()->served();
  for (const SourceState& state : live.SourceStates()) {
    SourceReport& report = reports.emplace_back(ReportSource(state));
    const auto source = served->sources.find(report.name);
    if (source == served->sources.end()) continue;
    report.owner = source->second.owner;
    const KafkaSource* topics = source->second.topics();
    if (topics != nullptr) report.topics = topics->topics;
  }
  return reports;
}

}  // namespace freshet
