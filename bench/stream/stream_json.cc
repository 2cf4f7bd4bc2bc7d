// SPDX-License-Identifier: Apache-2.0
#include "bench/stream/stream_json.h"

#include <string>

namespace freshet {

nlohmann::ordered_json ToJson(const PaymentLoadResult& result) {
  return {{"events", result.events},
          {"bytes", result.bytes},
          {"seconds", result.seconds}};
}

nlohmann::ordered_json ToJson(const FreshnessResult& result) {
  nlohmann::ordered_json json = {
      {"sent", result.sent}, {"lost", result.lost}, {"polls", result.polls}};
  constexpr int64_t kEver = int64_t{1} << 62;
  const auto add = [&](const std::string& name, const Latencies& of, double q) {
    json[name] = static_cast<double>(of.Quantile(q, 0, kEver)) / 1000;
  };
  add("p50_ms", result.latencies, 0.5);
  add("p90_ms", result.latencies, 0.9);
  add("p99_ms", result.latencies, 0.99);
  add("p999_ms", result.latencies, 0.999);
  add("max_ms", result.latencies, 1.0);
  add("written_p50_ms", result.written, 0.5);
  add("written_p99_ms", result.written, 0.99);
  return json;
}

nlohmann::ordered_json ToJson(const TileCount& count) {
  nlohmann::ordered_json tiles;
  for (const auto& [seconds, number] : count.tiles) {
    tiles[std::to_string(seconds)] = number;
  }
  return {{"tiles", tiles},
          {"blocks", count.blocks},
          {"block_bytes", count.block_bytes},
          {"file_bytes_before", count.file_bytes_before},
          {"file_bytes", count.file_bytes}};
}

}  // namespace freshet
