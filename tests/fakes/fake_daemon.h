// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "freshet/v1/admin.grpc.pb.h"
#include "freshet/v1/online.grpc.pb.h"
#include "freshet/v1/push.grpc.pb.h"

namespace freshet {

// A daemon that answers what a test tells it to, over real gRPC on one
// loopback port, and remembers what it was asked. Safe to use from any thread.
class FakeDaemon {
 public:
  FakeDaemon();
  ~FakeDaemon();

  std::string address() const;

  // Answers `method` (`RollbackView`) with `reply`, or with an error. WatchLoad
  // streams all replies given for it; others give the last one. PushStream
  // gives each request one of them, the last to those beyond, unless it is
  // refused too: then it ends so at the first request beyond.
  void Answer(const std::string& method,
              const google::protobuf::Message& reply);
  void Refuse(const std::string& method, grpc::Status status);

  // What came in: `RollbackView{view: "plane"}`, in order.
  std::vector<std::string> calls() const;

 private:
  class Admin;
  class Online;
  class Pushes;

  // Notes the call, fills the reply. UNIMPLEMENTED if nothing was told.
  grpc::Status Take(const std::string& method,
                    const google::protobuf::Message& request,
                    google::protobuf::Message* reply);

  mutable Mutex mu_;
  std::map<std::string, std::vector<std::string>> replies_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, grpc::Status> refusals_ ABSL_GUARDED_BY(mu_);
  std::vector<std::string> calls_ ABSL_GUARDED_BY(mu_);
  int port_ = 0;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<Online> online_;
  std::unique_ptr<Pushes> pushes_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace freshet
