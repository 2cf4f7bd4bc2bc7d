// SPDX-License-Identifier: Apache-2.0
#include "server/net/grpc_status.h"

#include <fmt/format.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>
#include <sys/random.h>

#include <algorithm>
#include <array>

#include "base/check.h"
#include "server/net/printable.h"

namespace freshet {

grpc::Status ToGrpc(const absl::Status& status, std::string_view request_id) {
  if (status.ok()) return grpc::Status::OK;
  const std::string_view message(status.message().data(),
                                 status.message().size());
  return grpc::Status(
      static_cast<grpc::StatusCode>(status.code()),
      fmt::format("{} (request_id: {})", Printable(message, kErrorBytesMax),
                  request_id));
}

bool IsValidRequestId(std::string_view id) {
  return !id.empty() && id.size() <= 64 &&
         std::all_of(id.begin(), id.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  (c >= '0' && c <= '9') || c == '.' || c == '_' || c == ':' ||
                  c == '-';
         });
}

std::string MakeRequestId() {
  // As many numbers as one call gives whole (getrandom(2): 256 bytes): a call
  // for each would be a fortieth of a small request.
  thread_local std::array<uint64_t, 32> numbers;
  thread_local size_t left = 0;
  if (left == 0) {
    CHECK(::getrandom(numbers.data(), sizeof(numbers), 0) == sizeof(numbers));
    left = numbers.size();
  }
  return fmt::format("{:016x}", numbers[--left]);
}

std::string RequestIdOf(const grpc::ServerContextBase& context) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find("x-request-id");
  if (found != metadata.end()) {
    const std::string_view id(found->second.data(), found->second.size());
    if (IsValidRequestId(id)) return std::string(id);
  }
  return MakeRequestId();
}

}  // namespace freshet
