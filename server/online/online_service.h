// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "server/online/get_features_call.h"

namespace grpc {
class Service;
}  // namespace grpc

namespace freshet {

// The service that model servers call. GetFeatures takes and gives raw bytes,
// so that the reply needs no message objects.
std::unique_ptr<grpc::Service> MakeOnlineService(CallParts parts);

}  // namespace freshet
