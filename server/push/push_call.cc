// SPDX-License-Identifier: Apache-2.0
#include "server/push/push_call.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/status.h"
#include "config/nearest.h"
#include "freshet/v1/push.pb.h"
#include "server/net/grpc_status.h"
#include "server/push/live_state.h"
#include "server/push/push_events.h"

namespace freshet {
namespace {

absl::Status NoSuchSource(const StreamSources& sources,
                          const std::string& name) {
  if (sources.empty()) {
    return NotFound("no stream source '{}'; none is defined", name);
  }
  std::vector<std::string> names;
  for (const auto& [known, source] : sources) names.push_back(known);
  return NotFound("no stream source '{}'; {}", name, NearestText(name, names));
}

v1::RejectReason ReasonOf(RejectedPush::Reason reason) {
  switch (reason) {
    case RejectedPush::Reason::kNoTime:
      return v1::REJECT_REASON_NO_TIME;
    case RejectedPush::Reason::kFuture:
      return v1::REJECT_REASON_FUTURE;
  }
  return v1::REJECT_REASON_UNSPECIFIED;
}

LiveState::PushCounts CountsOf(const v1::PushResponse& response) {
  LiveState::PushCounts counts{.accepted = response.accepted()};
  for (const v1::RejectedEvent& rejected : response.rejected()) {
    const bool future = rejected.reason() == v1::REJECT_REASON_FUTURE;
    ++(future ? counts.future : counts.no_time);
  }
  return counts;
}

absl::StatusOr<const StreamSource*> SourceOf(const StreamSources& sources,
                                             const v1::PushRequest& request) {
  const auto source = sources.find(request.source());
  if (source == sources.end()) return NoSuchSource(sources, request.source());
  if (!source->second.takes_pushes()) {
    return FailedPrecondition(
        "source '{}' takes no pushes; define it with push_log or "
        "single_node: true",
        request.source());
  }
  return &source->second;
}

std::vector<int64_t> TimesOf(const StreamSource& source,
                             const PushedEvents& pushed) {
  for (size_t i = 0; i < source.fields.size(); ++i) {
    if (source.fields[i].name == source.timestamp_field) {
      return pushed.events.events.fields[i].integers;
    }
  }
  return {};
}

void SetResponse(const v1::PushRequest& request, const PushedEvents& pushed,
                 v1::PushResponse& response) {
  response.set_sequence(request.sequence());
  response.set_accepted(static_cast<uint32_t>(pushed.events.events.rows));
  response.clear_rejected();  // It may be tried again.
  for (const RejectedPush& rejected : pushed.rejected) {
    v1::RejectedEvent& out = *response.add_rejected();
    out.set_row(static_cast<uint32_t>(rejected.row));
    out.set_reason(ReasonOf(rejected.reason));
  }
}

}  // namespace

void TakePush(const PushParts& parts, const PushExchange& push,
              std::function<void(const absl::Status&)> done) {
  const auto begin = std::chrono::steady_clock::now();
  const std::string& id = push.request.request_id();
  if (!id.empty() && !IsValidRequestId(id)) {
    return done(
        InvalidArgument("request_id has {} bytes; it is at most 64 characters "
                        "of [A-Za-z0-9._:-]",
                        id.size()));
  }
  LiveViews* views = parts.live->views();
  if (const absl::Status health = parts.live->health(); !health.ok()) {
    return done(Unavailable("nothing can be written: {}",
                            std::string(health.message())));
  }
  const auto served = views == nullptr ? std::make_shared<const ServedViews>()
                                       : views->served();
  const absl::StatusOr<const StreamSource*> source =
      SourceOf(served->sources, push.request);
  if (!source.ok()) return done(source.status());
  absl::StatusOr<PushedEvents> pushed =
      ReadPush(push.request, **source, parts.clock->NowMicros());
  if (!pushed.ok()) return done(pushed.status());
  SetResponse(push.request, *pushed, push.response);
  LiveState::PushTimes times{.began = begin};
  // Of a push log who reads it tells.
  if (!(*source)->push_log) times.event_micros = TimesOf(**source, *pushed);
  const auto answer = [live = parts.live, name = (*source)->name,
                       times = std::move(times), &response = push.response,
                       done = std::move(done)](const absl::Status& status) {
    if (status.ok()) live->CountPush(name, CountsOf(response), times);
    done(status);
  };
  if (pushed->events.events.rows == 0) return answer(absl::OkStatus());
  if ((*source)->push_log) {
    return parts.live->feeds()->Push(**source, pushed->events, push.caller,
                                     answer);
  }
  views->Submit(std::move(pushed->events), answer);
}

void CallOffPushes(const PushParts& parts, const void* caller) {
  if (Feeds* feeds = parts.live->feeds()) feeds->CallOffPushes(caller);
}

}  // namespace freshet
