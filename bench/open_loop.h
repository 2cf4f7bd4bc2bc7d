// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/latencies.h"

namespace freshet {

// One request shape against one daemon.
struct OpenLoopOptions {
  std::string target;                 // host:port of the data port.
  std::vector<std::string> features;  // `view.feature`
  std::string key;                    // The join key's name, an int64.
  int64_t keys_per_request = 100;
  int64_t key_space = 1;  // Keys are uniform in [0, key_space).
  double requests_per_second = 100;
  double seconds = 10;
  int connections = 4;
  int64_t in_flight_max = 10000;  // Beyond it requests count as dropped.
  double deadline_seconds = 5;
  uint64_t seed = 1;
};

struct OpenLoopResult {
  Latencies latencies;
  int64_t sent = 0;
  int64_t failed = 0;
  int64_t dropped = 0;    // Not sent: too many in flight.
  int64_t not_found = 0;  // Values whose state is not PRESENT.
  std::string first_error;
};

// Sends at Poisson arrivals whatever the daemon does, and counts each latency
// from the instant at which the request was due, so that a stall of the daemon
// is seen by all requests that it would have delayed (no coordinated
// omission). Blocks until all have ended.
OpenLoopResult RunOpenLoop(const OpenLoopOptions& options);

}  // namespace freshet
