// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "cli/terminal.h"
#include "freshet/v1/admin.grpc.pb.h"
#include "freshet/v1/online.grpc.pb.h"
#include "freshet/v1/push.grpc.pb.h"

namespace freshet {

// What all commands share: the options before the command's name, and the
// daemon's two ports, connected when first used.
class Connection {
 public:
  struct Options {
    std::string admin = "127.0.0.1:7601";
    std::string data = "127.0.0.1:7600";
    double timeout_seconds = 10;
    bool json = false;
  };

  explicit Connection(Terminal terminal) : terminal_(terminal) {}

  Options& options() { return options_; }
  const Terminal& terminal() const { return terminal_; }
  bool json() const { return options_.json; }

  v1::AdminService::Stub& admin();
  v1::OnlineService::Stub& online();
  v1::PushService::Stub& push();  // On the data port.

  // Gives a call its deadline, that of --timeout and so much more; --timeout 0:
  // none.
  void SetDeadline(grpc::ClientContext& context,
                   std::chrono::seconds more = {}) const;

  // Prints what went wrong with a call of the admin port, or of the data port,
  // and what to do next; says how to end.
  // `more`: as of SetDeadline.
  ExitCode Report(const grpc::Status& status,
                  std::chrono::seconds more = {}) const;
  ExitCode ReportData(const grpc::Status& status) const;

  // One admin call: prints the error, or hands the reply over. `more`: as of
  // SetDeadline.
  template <typename Request, typename Reply>
  ExitCode Call(grpc::Status (v1::AdminService::Stub::*method)(
                    grpc::ClientContext*, const Request&, Reply*),
                const Request& request,
                const std::function<ExitCode(const Reply&)>& use,
                std::chrono::seconds more = {}) {
    grpc::ClientContext context;
    SetDeadline(context, more);
    Reply reply;
    const grpc::Status status = (admin().*method)(&context, request, &reply);
    return status.ok() ? use(reply) : Report(status, more);
  }

 private:
  // A port as its option names it, and what answers there.
  struct Port {
    std::string_view name;
    const std::string& address;
  };
  ExitCode ReportOf(const Port& port, const grpc::Status& status,
                    std::chrono::seconds more) const;

  const Terminal terminal_;
  Options options_;
  std::unique_ptr<v1::AdminService::Stub> admin_;
  std::unique_ptr<v1::OnlineService::Stub> online_;
  std::unique_ptr<v1::PushService::Stub> push_;
};

}  // namespace freshet
