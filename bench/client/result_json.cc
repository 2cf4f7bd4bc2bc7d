// SPDX-License-Identifier: Apache-2.0
#include "bench/client/result_json.h"

#include <string>

namespace freshet {

nlohmann::ordered_json ToJson(const RpcLoadResult& result, double seconds) {
  const auto end = static_cast<int64_t>(seconds * 1e6);
  nlohmann::ordered_json json;
  json["sent"] = result.sent;
  json["failed"] = result.failed;
  json["dropped"] = result.dropped;
  json["values_not_present"] = result.not_present;
  json["values_checked"] = result.values_checked;
  if (!result.first_error.empty()) json["first_error"] = result.first_error;
  json["reply_bytes"] = result.sent > 0 ? result.reply_bytes / result.sent : 0;
  json["started"] = result.started;
  json["seconds"] = result.seconds;
  json["requests_per_second"] =
      static_cast<double>(result.sent) / result.seconds;
  const auto add = [&](const std::string& name, double q) {
    json[name] =
        static_cast<double>(result.latencies.Quantile(q, 0, end)) / 1000;
  };
  add("p50_ms", 0.5);
  add("p90_ms", 0.9);
  add("p99_ms", 0.99);
  add("p999_ms", 0.999);
  add("max_ms", 1.0);
  // The p99 of each second, so that one can see what happened when.
  for (int64_t from = 0; from < end; from += 1'000'000) {
    json["p99_ms_by_second"].push_back(
        static_cast<double>(
            result.latencies.Quantile(0.99, from, from + 1'000'000)) /
        1000);
  }
  return json;
}

}  // namespace freshet
