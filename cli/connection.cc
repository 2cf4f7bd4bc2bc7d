// SPDX-License-Identifier: Apache-2.0
#include "cli/connection.h"

#include <google/protobuf/util/json_util.h>
#include <grpcpp/grpcpp.h>

#include "base/check.h"

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

void Connection::SetDeadline(grpc::ClientContext& context) const {
  if (options_.timeout_seconds <= 0) return;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::milliseconds(static_cast<int64_t>(
                           options_.timeout_seconds * 1000)));
}

ExitCode Connection::Report(const grpc::Status& status) const {
  CHECK(!status.ok());
  terminal_.Error("freshet: {}\n", status.error_message());
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
      terminal_.Error(
          "No daemon answers at {} (admin) or {} (data). Start one with\n"
          "  freshetd --config FILE\n"
          "or say where it is with --admin and --data, or FRESHET_ADMIN and "
          "FRESHET_DATA.\n",
          options_.admin, options_.data);
      return kUnreachable;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      terminal_.Error(
          "No answer within {} s. Give it longer with --timeout, or look at "
          "`freshet status`.\n",
          options_.timeout_seconds);
      return kTryAgain;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::ALREADY_EXISTS:
      return kTryAgain;
    case grpc::StatusCode::UNIMPLEMENTED:
      terminal_.Error(
          "What answers there is not Freshet's admin port, or a Freshet of "
          "another release. Compare `freshet version` and the daemon's "
          "ports.\n");
      return kFailed;
    default:
      return kFailed;
  }
}

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status =
      google::protobuf::util::MessageToJsonString(message, &json, options);
  CHECK(status.ok());
  return json;
}

}  // namespace freshet
