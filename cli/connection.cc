// SPDX-License-Identifier: Apache-2.0
#include "cli/connection.h"

#include <grpcpp/grpcpp.h>

#include "base/check.h"
#include "cli/text.h"

namespace freshet {
namespace {

std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  // Replies are as large as the daemon's own limit allows.
  arguments.SetMaxReceiveMessageSize(-1);
  // A proxy of the environment must not see calls to a local daemon.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(),
                                   arguments);
}

}  // namespace

v1::AdminService::Stub& Connection::admin() {
  if (!admin_) admin_ = v1::AdminService::NewStub(Connect(options_.admin));
  return *admin_;
}

v1::OnlineService::Stub& Connection::online() {
  if (!online_) online_ = v1::OnlineService::NewStub(Connect(options_.data));
  return *online_;
}

v1::PushService::Stub& Connection::push() {
  if (!push_) push_ = v1::PushService::NewStub(Connect(options_.data));
  return *push_;
}

void Connection::SetDeadline(grpc::ClientContext& context,
                             std::chrono::seconds more) const {
  if (options_.timeout_seconds <= 0) return;
  context.set_deadline(std::chrono::system_clock::now() + more +
                       std::chrono::milliseconds(static_cast<int64_t>(
                           options_.timeout_seconds * 1000)));
}

ExitCode Connection::Report(const grpc::Status& status,
                            std::chrono::seconds more) const {
  return ReportOf({"admin", options_.admin}, status, more);
}

ExitCode Connection::ReportData(const grpc::Status& status) const {
  return ReportOf({"data", options_.data}, status, {});
}

ExitCode Connection::ReportOf(const Port& port, const grpc::Status& status,
                              std::chrono::seconds more) const {
  CHECK(!status.ok());
  if (!status.error_message().empty()) {
    terminal_.Error("freshet: {}\n", PrintableLines(status.error_message()));
  }
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
      terminal_.Error(
          "No daemon answers at {0}, looked for as the {1} port. Start one "
          "with\n"
          "  freshetd --config FILE\n"
          "or say where it is with --admin and --data, or FRESHET_ADMIN and "
          "FRESHET_DATA.\n",
          port.address, port.name);
      if (status.error_message().find("Socket closed") != std::string::npos) {
        terminal_.Error(
            "If one runs there, it closed the connection: that is how one is "
            "refused beyond listen.connections_max, connections_per_peer_max "
            "or the limit of open files (freshet_connections_rejected_total "
            "counts them).\n");
      }
      return kUnreachable;
    case grpc::StatusCode::CANCELLED:
      // Nobody cancelled here: a call that came as the daemon closed its ports.
      terminal_.Error("The daemon at {} ended while it was asked.\n",
                      port.address);
      return kUnreachable;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      terminal_.Error(
          "No answer within {} s. Give it longer with --timeout, or look at "
          "`freshet status`.\n",
          options_.timeout_seconds + static_cast<double>(more.count()));
      return kTryAgain;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::ALREADY_EXISTS:
    case grpc::StatusCode::ABORTED:
      return kTryAgain;
    case grpc::StatusCode::UNIMPLEMENTED:
      terminal_.Error(
          "freshet: what answers at {0} is not the {1} port of a Freshet, or "
          "of one of another release. Compare --{1} with the ports that "
          "`freshet status` shows, and `freshet version` with the daemon's.\n",
          port.address, port.name);
      return kFailed;
    default:
      return kFailed;
  }
}

}  // namespace freshet
