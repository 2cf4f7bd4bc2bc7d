// SPDX-License-Identifier: Apache-2.0
#include "server/online/online_service.h"

#include "freshet/v1/online.grpc.pb.h"

namespace freshet {
namespace {

class OnlineService final
    : public v1::OnlineService::WithRawCallbackMethod_GetFeatures<
          v1::OnlineService::Service> {
 public:
  explicit OnlineService(const CallParts& parts) : parts_(parts) {}

  grpc::ServerUnaryReactor* GetFeatures(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override {
    return StartGetFeatures(parts_, context, request, response);
  }

 private:
  const CallParts parts_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeOnlineService(CallParts parts) {
  return std::make_unique<OnlineService>(parts);
}

}  // namespace freshet
