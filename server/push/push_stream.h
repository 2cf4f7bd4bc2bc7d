// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "server/push/push_service.h"

namespace grpc {
template <class Request, class Response>
class ServerBidiReactor;
}  // namespace grpc

namespace freshet {

namespace v1 {
class PushRequest;
class PushResponse;
}  // namespace v1

struct MethodStats;

// Answers one stream of pushes. Deletes itself when gRPC is done with it;
// `parts` and `stats` outlive it.
grpc::ServerBidiReactor<v1::PushRequest, v1::PushResponse>* StartPushStream(
    const PushParts& parts, MethodStats& stats, std::string request_id);

}  // namespace freshet
