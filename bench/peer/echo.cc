// SPDX-License-Identifier: Apache-2.0
// What gRPC itself costs: a server that answers each GetFeatures with the same
// prebuilt bytes, by the callback API, and never looks at the request.
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <string>

#include "freshet/v1/online.grpc.pb.h"

namespace {

using freshet::v1::OnlineService;

class EchoService : public OnlineService::WithRawCallbackMethod_GetFeatures<
                        OnlineService::Service> {
 public:
  explicit EchoService(size_t bytes) {
    const grpc::Slice slice(std::string(bytes, 'x'));
    reply_ = grpc::ByteBuffer(&slice, 1);
  }
  grpc::ServerUnaryReactor* GetFeatures(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer*,
                                        grpc::ByteBuffer* reply) override {
    *reply = reply_;  // Shares its slices.
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  grpc::ByteBuffer reply_;
};

}  // namespace

int main(int argc, char** argv) {
  size_t bytes = 0;
  CLI::App app{"gRPC server with one reply; prints its port; ends by SIGTERM."};
  app.add_option("--reply-bytes", bytes, "Size of the reply")->required();
  CLI11_PARSE(app, argc, argv);

  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  EchoService service(bytes);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                           &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  fmt::print("{}\n", port);
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  server->Shutdown();
  return 0;
}
