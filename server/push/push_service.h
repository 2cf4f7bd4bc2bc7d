// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

namespace grpc {
class Service;
}  // namespace grpc

namespace freshet {

class Clock;
class LiveState;
class RequestStats;

// What the push service needs of the daemon. All outlive the service.
struct PushParts {
  LiveState* live;
  const Clock* clock;
  RequestStats* stats;
};

// What applications call: freshet/v1/push.proto. No call holds a thread while
// the disk works.
std::unique_ptr<grpc::Service> MakePushService(PushParts parts);

}  // namespace freshet
