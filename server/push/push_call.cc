// SPDX-License-Identifier: Apache-2.0
#include "server/push/push_call.h"

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

absl::Status NoSuchSource(const LiveViews::Sources& sources,
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

absl::StatusOr<PushedEvents> ReadRequest(const PushParts& parts,
                                         const LiveViews* views,
                                         const v1::PushRequest& request) {
  const auto sources = views == nullptr
                           ? std::make_shared<const LiveViews::Sources>()
                           : views->sources();
  const auto source = sources->find(request.source());
  if (source == sources->end()) return NoSuchSource(*sources, request.source());
  if (!source->second.single_node) {
    return FailedPrecondition(
        "source '{}' takes no pushes; define it with single_node: true",
        request.source());
  }
  return ReadPush(request, source->second, parts.clock->NowMicros());
}

}  // namespace

void TakePush(const PushParts& parts, const v1::PushRequest& request,
              v1::PushResponse& response,
              std::function<void(const absl::Status&)> done) {
  const std::string& id = request.request_id();
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
  absl::StatusOr<PushedEvents> pushed = ReadRequest(parts, views, request);
  if (!pushed.ok()) return done(pushed.status());
  response.set_sequence(request.sequence());
  response.set_accepted(static_cast<uint32_t>(pushed->events.events.rows));
  response.clear_rejected();  // It may be tried again.
  for (const RejectedPush& rejected : pushed->rejected) {
    v1::RejectedEvent& out = *response.add_rejected();
    out.set_row(static_cast<uint32_t>(rejected.row));
    out.set_reason(ReasonOf(rejected.reason));
  }
  const auto answer = [live = parts.live, source = request.source(), &response,
                       done = std::move(done)](const absl::Status& status) {
    if (status.ok()) live->CountPush(source, CountsOf(response));
    done(status);
  };
  if (pushed->events.events.rows == 0) return answer(absl::OkStatus());
  views->Submit(std::move(pushed->events), answer);
}

}  // namespace freshet
