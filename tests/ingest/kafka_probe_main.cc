// SPDX-License-Identifier: Apache-2.0
// KafkaReader and KafkaWriter as a program, for tests against a real broker.
// Its one argument is JSON: {"brokers", "mode": "read" | "write", ...}. It
// prints a JSON object a line, takes commands as lines of its input, and ends
// with that: tests/ingest/kafka_probe.h.
#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "tests/ingest/kafka_probe.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: kafka_probe JSON\n");
    return 64;
  }
  const auto order = nlohmann::json::parse(argv[1]);
  return order.at("mode") == "read" ? freshet::ProbeReader(order)
                                    : freshet::ProbeWriter(order);
}
