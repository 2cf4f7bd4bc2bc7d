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

// Of a message, which may repeat names that the caller made up. Percent-encoded
// it fits a client's limit for headers, 8 KiB, three times over at the worst.
inline constexpr size_t kErrorBytesMax = 2048;

// The codes are numerically equal. The message is made printable, cut to
// kErrorBytesMax, and ends with the request id.
grpc::Status ToGrpc(const absl::Status& status, std::string_view request_id);

// At most 64 characters of [A-Za-z0-9._:-].
bool IsValidRequestId(std::string_view id);

// 16 random hexadecimal digits.
std::string MakeRequestId();

// The caller's `x-request-id` if it is valid, else one made up.
std::string RequestIdOf(const grpc::ServerContextBase& context);

}  // namespace freshet
