// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "bench/client/latencies.h"

namespace freshet {

struct FreshnessOptions {
  std::string brokers;
  std::string topic;
  std::string target;   // host:port of the data port.
  std::string feature;  // `view.feature`: a count of payments, int64.
  std::string key;      // The name of its int64 key, the user.
  double per_second = 20;
  double seconds = 10;
  // Probes are of the users from here on, each of one that has no events.
  int64_t first_user = int64_t{1} << 40;
  uint64_t seed = 1;
};

struct FreshnessResult {
  Latencies latencies;
  Latencies written;  // Until the broker acknowledged them.
  int64_t sent = 0;
  int64_t lost = 0;   // Not seen ten seconds after the last was sent.
  int64_t polls = 0;  // Requests that were made to see them.
};

// From produce to servable: sends payments to the topic as they fall due, at
// random, and asks the daemon, every millisecond or as often as it answers,
// for all that it has not counted yet. A latency is from the instant that a
// payment was due until the answer that counts it has come, by one clock.
// Blocks until all were seen.
absl::StatusOr<FreshnessResult> MeasureFreshness(
    const FreshnessOptions& options);

}  // namespace freshet
