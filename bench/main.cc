// SPDX-License-Identifier: Apache-2.0
// Sends one shape of request at one rate and prints what it measured as JSON.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "bench/open_loop.h"

namespace {

nlohmann::ordered_json Describe(const freshet::OpenLoopResult& result,
                                double seconds) {
  const auto end = static_cast<int64_t>(seconds * 1e6);
  nlohmann::ordered_json json;
  json["sent"] = result.sent;
  json["failed"] = result.failed;
  json["dropped"] = result.dropped;
  json["values_not_present"] = result.not_found;
  if (!result.first_error.empty()) json["first_error"] = result.first_error;
  const auto add = [&](const char* name, double q) {
    json[name] =
        static_cast<double>(result.latencies.Quantile(q, 0, end)) / 1000;
  };
  add("p50_ms", 0.5);
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

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Open-loop load on a Freshet daemon; prints JSON."};
  freshet::OpenLoopOptions options;
  app.add_option("--target", options.target, "host:port")->required();
  app.add_option("--feature", options.features, "view.feature")->required();
  app.add_option("--key", options.key, "Name of the int64 key")->required();
  app.add_option("--keys", options.keys_per_request, "Keys per request");
  app.add_option("--key-space", options.key_space, "Keys are in [0, this)");
  app.add_option("--rate", options.requests_per_second, "Requests a second");
  app.add_option("--seconds", options.seconds, "How long");
  app.add_option("--connections", options.connections, "Connections");
  app.add_option("--seed", options.seed, "Of arrivals and keys");
  CLI11_PARSE(app, argc, argv);
  const freshet::OpenLoopResult result = freshet::RunOpenLoop(options);
  fmt::print("{}\n", Describe(result, options.seconds).dump(2));
  return result.failed == 0 && result.dropped == 0 ? 0 : 1;
}
