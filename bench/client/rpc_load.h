// SPDX-License-Identifier: Apache-2.0
// Load on a gRPC server by requests that were serialized before: the cost of
// the client is the same whatever the server does with them.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/client/latencies.h"

namespace freshet {

struct RpcLoadOptions {
  std::string target;  // host:port of the data port.
  // Poisson arrivals a second, whatever the server does (open loop). 0: closed
  // loop, as many in flight as `in_flight`, each sent when one has ended.
  double requests_per_second = 0;
  int64_t in_flight = 8;
  double seconds = 10;
  int connections = 4;
  int64_t in_flight_max = 50'000;  // Beyond it requests count as dropped.
  double deadline_seconds = 5;
  int64_t check_every = 1;  // Replies whose statuses are counted. 0: none.
  uint64_t seed = 1;        // Of the arrivals.
  const std::atomic<bool>* stop = nullptr;  // Set: the open loop ends early.
};

struct RpcLoadResult {
  Latencies latencies;
  int64_t sent = 0;
  int64_t failed = 0;
  int64_t dropped = 0;  // Not sent: too many in flight.
  int64_t reply_bytes = 0;
  int64_t values_checked = 0;
  int64_t not_present = 0;  // Of these, values whose state is not PRESENT.
  double seconds = 0;       // From the first request to the last reply.
  double started = 0;       // By the monotonic clock, in seconds.
  std::string first_error;
};

// Sends `requests` in turn, from the first again after the last. An open
// loop's latency counts from the instant at which the request was due, so that
// a stall of the server is seen by all requests that it would have delayed (no
// coordinated omission). Blocks until all have ended.
RpcLoadResult RunRpcLoad(const RpcLoadOptions& options,
                         const std::vector<std::string>& requests);

}  // namespace freshet
