// SPDX-License-Identifier: Apache-2.0
// The one border where absl::Status becomes gRPC's, and the request ids that
// every error carries.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace grpc {
class Status;
class ServerContextBase;
}  // namespace grpc

namespace freshet {

// The codes are numerically equal. The message ends with the request id.
grpc::Status ToGrpc(const absl::Status& status, std::string_view request_id);

// At most 64 characters of [A-Za-z0-9._:-].
bool IsValidRequestId(std::string_view id);

// 16 random hexadecimal digits.
std::string MakeRequestId();

// The caller's `x-request-id` if it is valid, else one made up.
std::string RequestIdOf(const grpc::ServerContextBase& context);

}  // namespace freshet
