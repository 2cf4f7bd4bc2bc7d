// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "absl/status/status.h"
#include "server/push/push_service.h"

namespace freshet {

namespace v1 {
class PushRequest;
class PushResponse;
}  // namespace v1

// One request, and who asks.
struct PushExchange {
  const v1::PushRequest& request;
  v1::PushResponse& response;
  const void* caller;  // For CallOffPushes.
};

// Takes one request's events. `done` is called once, now or later, on any
// thread: after OK the response says what became of them. RESOURCE_EXHAUSTED
// may be tried again as it is. Both messages must stay until then.
void TakePush(const PushParts& parts, const PushExchange& push,
              std::function<void(const absl::Status&)> done);

// Has `done` called now, with CANCELLED, for those pushes of `caller` that wait
// for a push log: nobody hears their answers. Others are answered in a moment.
void CallOffPushes(const PushParts& parts, const void* caller);

}  // namespace freshet
