// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

namespace grpc {
class ServerContextBase;
namespace experimental {
class ServerInterceptorFactoryInterface;
}  // namespace experimental
}  // namespace grpc

namespace freshet {

class RequestStats;

// Who calls. Everyone is `anonymous` until authentication is built; what needs
// a name takes it from here, never from the request.
struct Principal {
  std::string name;
};

// Requires: the server has PrincipalInterceptors.
Principal PrincipalOf(const grpc::ServerContextBase& context);

// Interceptors that put the principal into the context of every call, in a
// metadata key of which a value sent by the caller is thrown away.
std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>
MakePrincipalInterceptors();

// Interceptors that count calls and their durations by method, all but
// GetFeatures, which counts itself. `stats` outlives the server.
std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>
MakeCountingInterceptors(RequestStats& stats);

}  // namespace freshet
