// SPDX-License-Identifier: Apache-2.0
#include "server/push/push_service.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <string>

#include "base/error.h"
#include "freshet/v1/push.grpc.pb.h"
#include "server/net/grpc_status.h"
#include "server/net/request_stats.h"
#include "server/push/push_call.h"
#include "server/push/push_stream.h"

namespace freshet {
namespace {

using Steady = std::chrono::steady_clock;

// Deletes itself when gRPC is done with it.
class PushCall final : public grpc::ServerUnaryReactor {
 public:
  PushCall(const PushParts& parts, MethodStats& stats,
           const grpc::CallbackServerContext& context)
      : parts_(parts), stats_(stats), request_id_(RequestIdOf(context)) {}

  void Start(const v1::PushRequest& request, v1::PushResponse& response) {
    if (IsValidRequestId(request.request_id())) {
      request_id_ = request.request_id();
    }
    response.set_request_id(request_id_);
    TakePush(parts_, {request, response, this},
             [this](const absl::Status& status) { End(status); });
  }

  // What was given to a writer is written, whether the caller waits or not.
  void OnCancel() override { CallOffPushes(parts_, this); }
  void OnDone() override { delete this; }

 private:
  void End(const absl::Status& status) {
    const grpc::Status answer = ToGrpc(status, request_id_);
    stats_.Count(answer.error_code(), Steady::now() - started_);
    Finish(answer);
  }

  const PushParts& parts_;
  MethodStats& stats_;
  std::string request_id_;
  const Steady::time_point started_ = Steady::now();
};

class PushService final : public v1::PushService::CallbackService {
 public:
  explicit PushService(const PushParts& parts)
      : parts_(parts),
        push_(parts.stats->method("/freshet.v1.PushService/Push")),
        stream_(parts.stats->method("/freshet.v1.PushService/PushStream")) {}

  grpc::ServerUnaryReactor* Push(grpc::CallbackServerContext* context,
                                 const v1::PushRequest* request,
                                 v1::PushResponse* response) override {
    auto* call = new PushCall(parts_, push_, *context);
    call->Start(*request, *response);
    return call;
  }

  grpc::ServerBidiReactor<v1::PushRequest, v1::PushResponse>* PushStream(
      grpc::CallbackServerContext* context) override {
    return StartPushStream(parts_, stream_, RequestIdOf(*context));
  }

 private:
  const PushParts parts_;
  MethodStats& push_;
  MethodStats& stream_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakePushService(PushParts parts) {
  return std::make_unique<PushService>(parts);
}

}  // namespace freshet
