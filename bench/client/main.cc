// SPDX-License-Identifier: Apache-2.0
// Sends one shape of request and prints what it measured as JSON. SIGINT ends
// an open loop early.
#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <csignal>

#include "bench/client/requests.h"
#include "bench/client/result_json.h"
#include "bench/client/rpc_load.h"

namespace {

double CpuSeconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) +
           static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::atomic<bool> stop{false};  // By SIGINT.

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Load on a gRPC server; prints JSON."};
  freshet::RequestShape shape;
  int distinct = 20000;
  app.add_option("--service", shape.service, "Feature service");
  app.add_option("--feature", shape.features, "view.feature");
  app.add_option("--key", shape.key, "Name of the int64 key")->required();
  app.add_option("--keys", shape.keys_per_request, "Keys per request");
  app.add_option("--key-space", shape.key_space, "Keys are in [0, this)");
  app.add_option("--zipf", shape.zipf, "Exponent of the keys; 0: uniform");
  app.add_option("--missing", shape.missing, "Share of keys not there");
  app.add_option("--shared-key", shape.shared_key, "Key shared by all rows");
  app.add_option("--shared-key-space", shape.shared_key_space,
                 "Its values are in [0, this)");
  app.add_option("--distinct", distinct, "Different requests");
  freshet::RpcLoadOptions options;
  app.add_option("--target", options.target, "host:port")->required();
  app.add_option("--rate", options.requests_per_second,
                 "Requests a second; 0: as many as are answered");
  app.add_option("--in-flight", options.in_flight, "Without a rate");
  app.add_option("--seconds", options.seconds, "How long");
  app.add_option("--connections", options.connections, "Connections");
  app.add_option("--check-every", options.check_every,
                 "Replies whose statuses are counted; 0: none");
  app.add_option("--seed", options.seed, "Of arrivals and keys");
  CLI11_PARSE(app, argc, argv);
  shape.seed = options.seed;
  options.stop = &stop;
  std::signal(SIGINT, [](int) { stop = true; });

  const std::vector<std::string> requests =
      freshet::MakeRequests(shape, distinct);
  const double cpu = CpuSeconds();
  const freshet::RpcLoadResult result = freshet::RunRpcLoad(options, requests);
  auto json =
      freshet::ToJson(result, std::min(options.seconds, result.seconds));
  json["client_cpu_seconds"] = CpuSeconds() - cpu;
  fmt::print("{}\n", json.dump(2));
  return result.failed == 0 && result.dropped == 0 ? 0 : 1;
}
