// SPDX-License-Identifier: Apache-2.0
#include "server/online/feature_query.h"

#include <algorithm>

#include "base/clock.h"
#include "base/error.h"
#include "base/status.h"
#include "freshet/v1/online.pb.h"
#include "ingest/feed/delays.h"
#include "server/net/request_stats.h"
#include "versions/publisher.h"

namespace freshet {
namespace {

// How many rows the request has, before it is known which columns are wanted.
int64_t RowsOf(const v1::GetFeaturesRequest& request) {
  int64_t rows = 1;
  for (const v1::KeyColumn& column : request.keys()) {
    rows = std::max<int64_t>({rows, column.strings_size(), column.int64s_size(),
                              column.bytes_size()});
  }
  return rows;
}

// A pin that says nothing, or that another contradicts, must never be answered
// from the current version.
absl::StatusOr<VersionChoice> ChoiceOf(const v1::GetFeaturesRequest& request) {
  VersionChoice choice;
  choice.label = request.label();
  for (const v1::VersionPin& pin : request.pins()) {
    if (pin.version() <= 0) {
      return InvalidArgument(
          "view '{}' is pinned to version {}; versions start at 1", pin.view(),
          pin.version());
    }
    const auto [known, is_new] = choice.pins.emplace(pin.view(), pin.version());
    if (!is_new) {
      return InvalidArgument(
          "view '{}' is pinned twice, to versions {} and {}; name one",
          pin.view(), known->second, pin.version());
    }
  }
  return choice;
}

// What a row is of: of windows there is none that is stored.
void ObserveAges(const PlannedView& view, const ViewRows& rows,
                 int64_t now_micros, ServedAges& ages) {
  if (!view.CanLookUp()) return;
  if (view.origin() != PlannedView::Origin::kVersion) {
    const int64_t until =
        ages.whole_until_micros.load(std::memory_order_relaxed);
    if (until != ServedAges::kNotKnown) {
      ages.stream.Observe(DelaySince(until, now_micros));
    }
  }
  // The version of windows is a history, which ends where they go on.
  if (view.origin() == PlannedView::Origin::kWindows) return;
  if (view.version != nullptr) {
    const int64_t as_of = view.version->manifest().as_of_micros;
    ages.snapshot.Observe(DelaySince(as_of, now_micros));
  }
  if (!rows.statuses().empty() &&
      rows.statuses()[0] == StatusByte(ValueState::kPresent)) {
    const int64_t event_time = rows.row(0)->event_time_micros();
    ages.row.Observe(DelaySince(event_time, now_micros));
  }
}

}  // namespace

absl::Status FeatureQuery::Begin(const v1::GetFeaturesRequest& request,
                                 const RequestLimits& limits) {
  request_ = &request;
  limits_ = limits;
  RETURN_IF_ERROR(CheckBeforeWork());
  set_ = parts_.serving->Current();
  now_micros_ = parts_.clock->NowMicros();
  ASSIGN_OR_RETURN(plan_, FindPlan());
  RETURN_IF_ERROR(keys_.Bind(*plan_, request));
  RETURN_IF_ERROR(CheckPlan());
  return keys_.Encode();
}

absl::Status FeatureQuery::CheckBeforeWork() const {
  const bool by_service = !request_->feature_service().empty();
  if (by_service == (request_->features_size() > 0)) {
    return InvalidArgument(
        "exactly one of 'feature_service' and 'features' is wanted, and the "
        "request has {}",
        by_service ? "both" : "none");
  }
  if (const int64_t rows = RowsOf(*request_); rows > limits_.keys_max) {
    parts_.stats->CountShed(ShedReason::kKeys);
    return ResourceExhausted(
        "{} keys in one request, the limit is {} (settings.limits.keys_max); "
        "split the request",
        rows, limits_.keys_max);
  }
  if (request_->features_size() > limits_.features_max) {
    parts_.stats->CountShed(ShedReason::kFeatures);
    return ResourceExhausted(
        "{} features in one request, the limit is {} "
        "(settings.limits.features_max)",
        request_->features_size(), limits_.features_max);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const Plan>> FeatureQuery::FindPlan() const {
  ASSIGN_OR_RETURN(const VersionChoice choice, ChoiceOf(*request_));
  const std::string& service = request_->feature_service();
  if (!service.empty()) {
    return choice.empty() ? set_->ServicePlan(service)
                          : set_->MakeServicePlan(service, choice);
  }
  const std::vector<std::string> references(request_->features().begin(),
                                            request_->features().end());
  return set_->MakePlan(references, choice);
}

absl::Status FeatureQuery::CheckPlan() const {
  const auto features = static_cast<int64_t>(plan_->features.size());
  if (features > limits_.features_max) {
    parts_.stats->CountShed(ShedReason::kFeatures);
    return ResourceExhausted(
        "feature service '{}' has {} features, the limit is {} "
        "(settings.limits.features_max)",
        request_->feature_service(), features, limits_.features_max);
  }
  // Of the columns with one value per row only; the exact size is checked
  // again when the rows are known.
  int64_t bytes = 0;
  for (const PlannedFeature& feature : plan_->features) {
    const auto rows = keys_.shared(feature.view) ? 1 : keys_.rows();
    bytes += static_cast<int64_t>(rows * (1 + ElementWidth(feature.type.kind)));
  }
  if (bytes > limits_.reply_bytes_max) {
    parts_.stats->CountShed(ShedReason::kReplyBytes);
    return ResourceExhausted(
        "the reply would have at least {} bytes, the limit is {} "
        "(settings.limits.reply_max); ask for fewer keys at a time",
        bytes, limits_.reply_bytes_max);
  }
  return absl::OkStatus();
}

void FeatureQuery::Prefetch() const {
  for (const Version::Ahead what :
       {Version::Ahead::kSlots, Version::Ahead::kRows}) {
    for (size_t v = 0; v < plan_->views.size(); ++v) {
      const PlannedView& view = plan_->views[v];
      // A history's keys are those of blocks.
      if (view.version == nullptr ||
          view.origin() == PlannedView::Origin::kWindows) {
        continue;
      }
      view.version->Prefetch(keys_.keys(v), what);
    }
  }
}

bool FeatureQuery::LookupCached(QueryRows& rows,
                                const ViewRows::KeepGoing& keep_going) const {
  const size_t views = plan_->views.size();
  // Never shrunk: what is beyond keeps its buffers for the next query.
  if (rows.views.size() < views) rows.views.resize(views);
  rows.shared.resize(views);
  if (views > 1) Prefetch();
  for (size_t v = 0; v < views; ++v) {
    rows.shared[v] = keys_.shared(v) ? 1 : 0;
    if (v > 0 && !keep_going()) return false;
    if (!rows.views[v].LookupCached(plan_->views[v], keys_.keys(v), now_micros_,
                                    keep_going)) {
      return false;
    }
  }
  return true;
}

bool FeatureQuery::NeedsDisk(const QueryRows& rows) {
  for (size_t v = 0; v < rows.shared.size(); ++v) {
    if (rows.views[v].needs_disk() > 0) return true;
  }
  return false;
}

bool FeatureQuery::LookupDisk(QueryRows& rows,
                              const ViewRows::KeepGoing& keep_going) const {
  for (size_t v = 0; v < rows.shared.size(); ++v) {
    if (!rows.views[v].LookupDisk(keep_going)) return false;
  }
  return true;
}

absl::StatusOr<size_t> FeatureQuery::MeasureReply(
    QueryRows& rows, std::string_view request_id) const {
  for (size_t v = 0; v < rows.shared.size(); ++v) {
    rows.views[v].Judge();
  }
  ReplySource source;
  source.plan = plan_.get();
  source.views = rows.views;
  source.shared = rows.shared;
  source.rows = keys_.rows();
  source.options = {.names = request_->include_names(),
                    .event_times = request_->include_event_times(),
                    .expired_values = request_->include_expired_values()};
  source.request_id = request_id;
  if (request_->include_definitions_hash()) {
    source.definitions_hash = set_->definitions_hash();
  }
  source.request_time_micros = now_micros_;
  const size_t size = rows.writer.Measure(source);
  if (size <= static_cast<size_t>(limits_.reply_bytes_max)) return size;
  parts_.stats->CountShed(ShedReason::kReplyBytes);
  return ResourceExhausted(
      "the reply has {} bytes, the limit is {} (settings.limits.reply_max); "
      "ask for fewer keys at a time",
      size, limits_.reply_bytes_max);
}

void FeatureQuery::Record(const QueryRows& rows) const {
  for (size_t v = 0; v < rows.shared.size(); ++v) {
    const std::string& view = plan_->views[v].name;
    ViewStats& stats = parts_.stats->view(view);
    stats.Add(rows.views[v].counts());
    ObserveAges(plan_->views[v], rows.views[v], now_micros_, stats.ages);
    RecentKeys* recent = parts_.publisher->recent_keys(view);
    if (recent == nullptr) continue;
    for (const std::string_view key : keys_.keys(v)) recent->Offer(key);
  }
}

void FeatureQuery::ReleaseRows(QueryRows& rows) {
  for (size_t v = 0; v < rows.shared.size(); ++v) rows.views[v].Release();
  rows.shared.clear();
}

void FeatureQuery::Release() {
  plan_.reset();
  set_.reset();
  request_ = nullptr;
}

}  // namespace freshet
