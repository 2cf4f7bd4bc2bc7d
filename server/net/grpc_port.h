// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "server/net/acceptor.h"
#include "server/net/listener.h"

namespace grpc {
class Server;
class Service;
}  // namespace grpc

namespace freshet {

class RequestStats;

// One gRPC server behind an acceptor of ours.
class GrpcPort {
 public:
  struct Options {
    std::string name;  // `data`, `admin`.
    int64_t connections_max = 1024;
    int64_t per_peer_max = 256;
    int64_t fd_max = 1024;  // As Acceptor's.
    int64_t request_bytes_max = 4 << 20;
    int sync_threads_max = 16;  // For the services that block.
    bool reflection = false;
    RequestStats* stats = nullptr;
  };

  // The services must outlive this object. Clients wait until Serve.
  GrpcPort(Listener listener, const Options& options,
           const std::vector<grpc::Service*>& services);
  // Shuts down at once if that was not done before.
  ~GrpcPort();

  // Apart from construction, so that services find every port where they look
  // for it. Once.
  void Serve();

  // Refuses new connections and calls (clients get GOAWAY), waits for calls up
  // to `timeout`, then cancels what is left. Once.
  void Shutdown(std::chrono::milliseconds timeout);

  Acceptor& acceptor() { return *acceptor_; }
  const std::string& address() const { return address_; }
  int port() const { return port_; }

 private:
  const std::string address_;
  const int port_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Acceptor> acceptor_;
};

}  // namespace freshet
