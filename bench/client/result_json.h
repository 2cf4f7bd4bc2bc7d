// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include "bench/client/rpc_load.h"

namespace freshet {

// What the benchmarks read; latencies are of requests due within `seconds`.
nlohmann::ordered_json ToJson(const RpcLoadResult& result, double seconds);

}  // namespace freshet
