// SPDX-License-Identifier: Apache-2.0
#include "server/net/principal.h"

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_interceptor.h>

#include <chrono>
#include <string_view>

#include "server/net/request_stats.h"

namespace freshet {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::Interceptor;
using grpc::experimental::InterceptorBatchMethods;
using grpc::experimental::ServerInterceptorFactoryInterface;
using grpc::experimental::ServerRpcInfo;

constexpr char kPrincipalKey[] = "freshet-principal";
constexpr char kAnonymous[] = "anonymous";

class PrincipalInterceptor final : public Interceptor {
 public:
  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(
            InterceptionHookPoints::POST_RECV_INITIAL_METADATA)) {
      auto* metadata = methods->GetRecvInitialMetadata();
      metadata->erase(kPrincipalKey);
      metadata->emplace(kPrincipalKey, kAnonymous);
    }
    methods->Proceed();
  }
};

class PrincipalFactory final : public ServerInterceptorFactoryInterface {
 public:
  Interceptor* CreateServerInterceptor(ServerRpcInfo*) override {
    return new PrincipalInterceptor();
  }
};

class CountingInterceptor final : public Interceptor {
 public:
  explicit CountingInterceptor(MethodStats& stats)
      : stats_(stats), started_(std::chrono::steady_clock::now()) {}

  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(
            InterceptionHookPoints::PRE_SEND_STATUS)) {
      stats_.Count(methods->GetSendStatus().error_code(),
                   std::chrono::steady_clock::now() - started_);
    }
    methods->Proceed();
  }

 private:
  MethodStats& stats_;
  const std::chrono::steady_clock::time_point started_;
};

class CountingFactory final : public ServerInterceptorFactoryInterface {
 public:
  explicit CountingFactory(RequestStats& stats) : stats_(stats) {}

  Interceptor* CreateServerInterceptor(ServerRpcInfo* rpc) override {
    // Null for a call of a method that no service has.
    if (rpc->method() == nullptr) return nullptr;
    const std::string_view method = rpc->method();
    // These count themselves.
    if (method.ends_with("/GetFeatures") ||
        method.starts_with("/freshet.v1.PushService/")) {
      return nullptr;
    }
    return new CountingInterceptor(stats_.method(method));
  }

 private:
  RequestStats& stats_;
};

}  // namespace

Principal PrincipalOf(const grpc::ServerContextBase& context) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(kPrincipalKey);
  if (found == metadata.end()) return {kAnonymous};
  return {std::string(found->second.data(), found->second.size())};
}

std::unique_ptr<ServerInterceptorFactoryInterface> MakePrincipalInterceptors() {
  return std::make_unique<PrincipalFactory>();
}

std::unique_ptr<ServerInterceptorFactoryInterface> MakeCountingInterceptors(
    RequestStats& stats) {
  return std::make_unique<CountingFactory>(stats);
}

}  // namespace freshet
