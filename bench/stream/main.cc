// SPDX-License-Identifier: Apache-2.0
// What `./dev bench stream` needs beside the daemon and the load generator;
// prints JSON.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>

#include "bench/stream/freshness.h"
#include "bench/stream/payment_load.h"
#include "bench/stream/stream_json.h"
#include "bench/stream/tile_count.h"

namespace {

std::atomic<bool> stop{false};  // By SIGINT.

template <typename Result>
int Print(const absl::StatusOr<Result>& result) {
  if (!result.ok()) {
    fmt::print(stderr, "freshet-bench-stream: {}\n",
               std::string(result.status().message()));
    return 1;
  }
  fmt::print("{}\n", freshet::ToJson(*result).dump(2));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Events for a stream, and what became of them; prints JSON."};
  app.require_subcommand(1);
  freshet::PaymentLoadOptions load;
  load.stop = &stop;
  CLI::App& events = *app.add_subcommand("events", "Writes events to a topic");
  events.add_option("--brokers", load.brokers, "host:port")->required();
  events.add_option("--topic", load.topic, "Topic")->required();
  events.add_option("--users", load.shape.users, "Users are in [0, this)");
  events.add_option("--zipf", load.shape.zipf, "Their exponent; 0: uniform");
  events.add_option("--seed", load.shape.seed, "Of users, amounts and ids");
  events.add_option("--events", load.events, "So many, as fast as it goes");
  events.add_option("--spread", load.spread_seconds,
                    "With --events: seconds in which they happened");
  events.add_option("--rate", load.per_second, "Else: so many a second");
  events.add_option("--seconds", load.seconds, "With --rate: how long");

  freshet::FreshnessOptions probes;
  CLI::App& freshness = *app.add_subcommand(
      "freshness", "Time from producing an event until it is served");
  freshness.add_option("--brokers", probes.brokers, "host:port")->required();
  freshness.add_option("--topic", probes.topic, "Topic")->required();
  freshness.add_option("--target", probes.target, "host:port")->required();
  freshness.add_option("--feature", probes.feature, "A count")->required();
  freshness.add_option("--key", probes.key, "Its key's name")->required();
  freshness.add_option("--rate", probes.per_second, "Events a second");
  freshness.add_option("--seconds", probes.seconds, "How long");
  freshness.add_option("--first-user", probes.first_user, "Unused from here");
  freshness.add_option("--seed", probes.seed, "Of arrivals and ids");

  std::string dir;
  CLI::App& tiles = *app.add_subcommand(
      "tiles", "Compacts the live store of a stopped daemon, and counts");
  tiles.add_option("dir", dir, "`live` in the storage directory")->required();
  CLI11_PARSE(app, argc, argv);
  std::signal(SIGINT, [](int) { stop = true; });

  if (events.parsed()) return Print(freshet::RunPaymentLoad(load));
  if (freshness.parsed()) return Print(freshet::MeasureFreshness(probes));
  return Print(freshet::CompactAndCountTiles(dir));
}
