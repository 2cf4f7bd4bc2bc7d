// SPDX-License-Identifier: Apache-2.0
// What bench/stream/*.py read.
#pragma once

#include <nlohmann/json.hpp>

#include "bench/stream/freshness.h"
#include "bench/stream/payment_load.h"
#include "bench/stream/tile_count.h"

namespace freshet {

nlohmann::ordered_json ToJson(const PaymentLoadResult& result);
nlohmann::ordered_json ToJson(const FreshnessResult& result);
nlohmann::ordered_json ToJson(const TileCount& count);

}  // namespace freshet
