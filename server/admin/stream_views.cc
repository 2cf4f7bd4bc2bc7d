// SPDX-License-Identifier: Apache-2.0
#include "server/admin/stream_views.h"

#include "freshet/v1/admin.pb.h"
#include "server/admin/to_proto.h"
#include "server/push/live_state.h"
#include "server/push/report/source_report.h"
#include "server/push/report/stream_report.h"
#include "server/push/report/view_freshness.h"

namespace freshet {
namespace {

void OutcomesToProto(const OutcomeCounts& outcomes,
                     google::protobuf::Map<std::string, int64_t>* out) {
  for (size_t i = 0; i < outcomes.size(); ++i) {
    const std::string name(OutcomeName(static_cast<EventOutcome>(i)));
    (*out)[name] = outcomes[i];
  }
}

void ReportToProto(const StreamReport& report, v1::StreamViewState* out) {
  out->set_name(report.name);
  out->set_source(report.source);
  for (const std::string& key : report.join_keys) out->add_join_keys(key);
  out->set_features(static_cast<uint32_t>(report.features));
  out->set_incomplete(static_cast<uint32_t>(report.incomplete));
  out->set_whole_from_micros(report.whole_from_micros);
  out->set_history_version(report.history_version);
  out->set_cutover_micros(report.cutover_micros);
  out->set_owner(report.owner);
  out->set_message(report.message);
  if (report.records_left) out->set_build_records_left(*report.records_left);
  OutcomesToProto(report.outcomes, out->mutable_events());
}

using FreshnessByView = std::map<std::string, ViewFreshness>;

void FreshnessToProto(const ViewFreshness& freshness, v1::EventFreshness* out,
                      std::string* message) {
  constexpr double kSecond = 1e6;
  if (freshness.behind_micros) {
    out->set_behind_seconds(static_cast<double>(*freshness.behind_micros) /
                            kSecond);
  }
  out->set_expected_seconds(static_cast<double>(freshness.expected_micros) /
                            kSecond);
  const std::string trouble = freshness.Trouble();
  if (trouble.empty()) return;
  if (!message->empty()) *message += "; ";
  *message += trouble;
}

void AddFreshness(const FreshnessByView& all, v1::StreamViewState* view) {
  const auto found = all.find(view->name());
  if (found == all.end()) return;
  FreshnessToProto(found->second, view->mutable_freshness(),
                   view->mutable_message());
}

void AddFreshness(const FreshnessByView& all, v1::ViewState* view) {
  const auto found = all.find(view->name());
  if (found == all.end()) return;
  FreshnessToProto(found->second, view->mutable_live_freshness(),
                   view->mutable_message());
}

std::vector<StreamReport> ReportsOf(const StreamViewSource& source,
                                    const LiveViews::Stats& stats) {
  return ReportStreams(*source.set, stats.outcomes,
                       std::string(source.live.health().message()),
                       source.now_micros);
}

}  // namespace

void ListStreamViews(const StreamViewSource& source,
                     v1::ListViewsResponse* response) {
  for (const StreamReport& report : ReportsOf(source, source.live.stats())) {
    ReportToProto(report, response->add_stream_views());
  }
  const FreshnessByView freshness = ReportFreshness(*source.set, source.live);
  for (auto& view : *response->mutable_stream_views()) {
    AddFreshness(freshness, &view);
  }
  for (auto& view : *response->mutable_views()) AddFreshness(freshness, &view);
}

bool DescribeStreamView(const StreamViewSource& source, const std::string& view,
                        v1::ViewDescription* description) {
  const ServedWindows* served = source.set->FindWindows(view);
  if (served == nullptr) return false;
  for (const StreamReport& report : ReportsOf(source, source.live.stats())) {
    if (report.name == view) {
      ReportToProto(report, description->mutable_stream());
    }
  }
  AddFreshness(ReportFreshness(*source.set, source.live),
               description->mutable_stream());
  const WindowedView& definition = served->definition;
  description->set_description(definition.description);
  description->set_pii(definition.pii);
  description->set_critical(definition.critical);
  for (const auto& [key, value] : definition.tags) {
    (*description->mutable_tags())[key] = value;
  }
  const WindowPlan& windows = served->plan->windows;
  for (size_t i = 0; i < served->plan->features.size(); ++i) {
    const WindowedViewPlan::Feature& feature = served->plan->features[i];
    v1::FeatureDescription* out = description->add_features();
    out->set_name(feature.name);
    ToProto(feature.type, out->mutable_type());
    out->set_null_ratio(-1);
    const size_t window = windows.outputs()[i].window;
    v1::FeatureWindow& of = *out->mutable_window();
    of.set_length_micros(windows.windows()[window].length_micros);
    of.set_hop_micros(windows.HopMicros(window));
    of.set_count(windows.windows()[window].count);
    of.set_by(feature.by);
    of.set_max_groups(feature.max_groups);
  }
  return true;
}

void DescribeLiveRows(const StreamViewSource& source, const std::string& view,
                      v1::ViewDescription* description) {
  AddFreshness(ReportFreshness(*source.set, source.live),
               description->mutable_state());
  const auto outcomes = source.live.stats().outcomes;
  const auto found = outcomes.find(view);
  if (found == outcomes.end()) return;
  OutcomesToProto(found->second, description->mutable_live_events());
}

void DescribeLive(const StreamViewSource& source, v1::DaemonStatus* status) {
  const LiveViews::Stats stats = source.live.stats();
  for (const StreamReport& report : ReportsOf(source, stats)) {
    ReportToProto(report, status->add_stream_views());
  }
  const FreshnessByView freshness = ReportFreshness(*source.set, source.live);
  for (auto& view : *status->mutable_stream_views()) {
    AddFreshness(freshness, &view);
  }
  for (auto& view : *status->mutable_views()) AddFreshness(freshness, &view);
  status->set_change_log_bytes(stats.log_bytes);
  for (const SourceReport& report : ReportSources(source.live)) {
    v1::StreamSourceState& out = *status->add_stream_sources();
    out.set_name(report.name);
    for (const std::string& topic : report.topics) out.add_topics(topic);
    out.set_partitions(static_cast<uint32_t>(report.partitions));
    out.set_stopped(static_cast<uint32_t>(report.stopped));
    out.set_paused(report.paused);
    out.set_behind_seconds(static_cast<double>(report.behind_micros) / 1e6);
    out.set_lag(report.lag);
    out.set_records(report.records);
    for (const int64_t letters : report.dead_letters) {
      out.set_dead_letters(out.dead_letters() + letters);
    }
    out.set_newest_event_micros(report.newest_event_micros);
    out.set_message(report.message);
  }
  status->set_live_message(std::string(source.live.health().message()));
}

}  // namespace freshet
