// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "bench/stream/payments.h"

namespace freshet {

struct PaymentLoadOptions {
  std::string brokers;
  std::string topic;
  PaymentShape shape;
  // So many, as fast as they are acknowledged; or, with 0, `per_second` of them
  // for `seconds`, whatever the brokers do: what could not be written in time
  // is made up for.
  int64_t events = 0;
  double per_second = 0;
  double seconds = 0;
  // With `events`: they happened in the time before the run, evenly, and come
  // in that order. 0: each when it is made, as always with `per_second`.
  double spread_seconds = 0;
  const std::atomic<bool>* stop = nullptr;  // Set: it ends early.
};

struct PaymentLoadResult {
  int64_t events = 0;  // Acknowledged.
  int64_t bytes = 0;   // Of their values.
  double seconds = 0;  // Until the last was.
};

// Writes payments to a topic. Blocks until all are acknowledged; the first
// that is not ends it.
absl::StatusOr<PaymentLoadResult> RunPaymentLoad(
    const PaymentLoadOptions& options);

}  // namespace freshet
