// SPDX-License-Identifier: Apache-2.0
#include "bench/stream/payment_load.h"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/status.h"
#include "ingest/kafka/kafka_writer.h"

namespace freshet {
namespace {

using Steady = std::chrono::steady_clock;

// Fewer than librdkafka takes into its queue.
constexpr int64_t kBatchMax = 20'000;
constexpr int64_t kTickNanos = 5'000'000;
constexpr std::chrono::milliseconds kTimeout(30'000);

class Load {
 public:
  Load(const PaymentLoadOptions& options, KafkaWriter& writer)
      : options_(options),
        writer_(writer),
        payments_(options.shape),
        start_(Steady::now()),
        start_micros_(clock_.NowMicros()) {}

  absl::StatusOr<PaymentLoadResult> Go() {
    while (!IsOver()) {
      const int64_t due = Due() - result_.events;
      if (due > 0) {
        RETURN_IF_ERROR(Write(std::min(due, kBatchMax)));
        continue;
      }
      // The next tick is an instant of the clock.
      const timespec tick{.tv_sec = 0, .tv_nsec = kTickNanos};
      ::nanosleep(&tick, nullptr);
    }
    result_.seconds = Seconds();
    return result_;
  }

 private:
  double Seconds() const {
    return std::chrono::duration<double>(Steady::now() - start_).count();
  }

  bool IsOver() const {
    if (options_.stop != nullptr && *options_.stop) return true;
    return options_.events > 0 ? result_.events >= options_.events
                               : Seconds() >= options_.seconds;
  }

  // How many should have been written by now.
  int64_t Due() const {
    if (options_.events > 0) return options_.events;
    return static_cast<int64_t>(options_.per_second *
                                std::min(Seconds(), options_.seconds));
  }

  int64_t TimeOf(int64_t event) const {
    if (options_.events == 0 || options_.spread_seconds == 0) {
      return clock_.NowMicros();
    }
    const double left = static_cast<double>(options_.events - event) /
                        static_cast<double>(options_.events);
    return start_micros_ -
           static_cast<int64_t>(options_.spread_seconds * 1e6 * left);
  }

  absl::Status Write(int64_t count) {
    payments_made_.clear();
    messages_.clear();
    for (int64_t i = 0; i < count; ++i) {
      payments_made_.push_back(payments_.Next(TimeOf(result_.events + i)));
    }
    for (const Payment& payment : payments_made_) {
      messages_.push_back({.topic = options_.topic,
                           .key = payment.key,
                           .value = payment.value});
      result_.bytes += static_cast<int64_t>(payment.value.size());
    }
    for (const KafkaWritten& one : writer_.Write(messages_, kTimeout)) {
      RETURN_IF_ERROR(one.status);
    }
    result_.events += count;
    return absl::OkStatus();
  }

  const PaymentLoadOptions& options_;
  KafkaWriter& writer_;
  PaymentSource payments_;
  const SystemClock clock_;
  const Steady::time_point start_;
  const int64_t start_micros_;
  std::vector<Payment> payments_made_;
  std::vector<KafkaMessage> messages_;
  PaymentLoadResult result_;
};

}  // namespace

absl::StatusOr<PaymentLoadResult> RunPaymentLoad(
    const PaymentLoadOptions& options) {
  KafkaSettings settings;
  settings.brokers = {options.brokers};
  settings.properties = {{"linger.ms", "2"}};
  ASSIGN_OR_RETURN(const std::unique_ptr<KafkaWriter> writer,
                   KafkaWriter::Open(settings, nullptr));
  return Load(options, *writer).Go();
}

}  // namespace freshet
