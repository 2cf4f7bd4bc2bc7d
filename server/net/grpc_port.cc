// SPDX-License-Identifier: Apache-2.0
#include "server/net/grpc_port.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/resource_quota.h>

#include <string_view>

#include "base/check.h"
#include "server/net/principal.h"

namespace freshet {
namespace {

// Linking gRPC's reflection puts it on every server of the process; this takes
// it off one.
class NoReflection final : public grpc::ServerBuilderOption {
 public:
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>*
                         plugins) override {
    std::erase_if(*plugins, [](const auto& plugin) {
      return plugin->name() == "proto_server_reflection";
    });
  }
};

void SetTransportLimits(grpc::ServerBuilder& builder) {
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 128);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, 8 << 10);
  // A peer that is gone without a word is noticed in 40 s.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 10'000);
}

}  // namespace

GrpcPort::GrpcPort(Listener listener, const Options& options,
                   const std::vector<grpc::Service*>& services)
    : address_(listener.address()), port_(listener.port()) {
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  SetTransportLimits(builder);
  if (!options.reflection) builder.SetOption(std::make_unique<NoReflection>());
  // Twice the limit of ours, which answers with a request id; gRPC's own only
  // bounds memory.
  builder.SetMaxReceiveMessageSize(
      static_cast<int>(2 * options.request_bytes_max));
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 2);
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  grpc::ResourceQuota quota(options.name);
  quota.SetMaxThreads(options.sync_threads_max);
  builder.SetResourceQuota(quota);
  std::vector<
      std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>
      interceptors;
  interceptors.push_back(MakePrincipalInterceptors());
  interceptors.push_back(MakeCountingInterceptors(*options.stats));
  builder.experimental().SetInterceptorCreators(std::move(interceptors));
  for (grpc::Service* service : services) builder.RegisterService(service);

  using External = grpc::ServerBuilder::experimental_type;
  std::shared_ptr<grpc::experimental::ExternalConnectionAcceptor> external =
      builder.experimental().AddExternalConnectionAcceptor(
          External::ExternalConnectionType::FROM_FD,
          grpc::InsecureServerCredentials());
  server_ = builder.BuildAndStart();
  CHECK(server_ != nullptr);
  acceptor_ = std::make_unique<Acceptor>(
      std::move(listener),
      Acceptor::Options{options.name, options.connections_max,
                        options.per_peer_max, options.fd_max,
                        [external](int fd) {
                          grpc::experimental::ExternalConnectionAcceptor::
                              NewConnectionParameters connection;
                          connection.fd = fd;
                          external->HandleNewConnection(&connection);
                        }});
}

void GrpcPort::Serve() { acceptor_->Start(); }

GrpcPort::~GrpcPort() { Shutdown(std::chrono::milliseconds(0)); }

void GrpcPort::Shutdown(std::chrono::milliseconds timeout) {
  if (server_ == nullptr) return;
  acceptor_->Stop();
  const gpr_timespec deadline =
      gpr_time_add(gpr_now(GPR_CLOCK_REALTIME),
                   gpr_time_from_millis(timeout.count(), GPR_TIMESPAN));
  server_->Shutdown(deadline);
  server_->Wait();
  server_.reset();
}

}  // namespace freshet
