// SPDX-License-Identifier: Apache-2.0
#include "bench/stream/freshness.h"

#include <grpcpp/grpcpp.h>
#include <time.h>

#include <chrono>
#include <memory>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/mutex.h"
#include "base/status.h"
#include "bench/stream/payments.h"
#include "freshet/v1/online.grpc.pb.h"
#include "ingest/kafka/kafka_writer.h"

namespace freshet {
namespace {

using Steady = std::chrono::steady_clock;

constexpr int64_t kPollMicros = 1'000;
constexpr int64_t kGiveUpMicros = 10'000'000;
constexpr std::chrono::milliseconds kTimeout(10'000);

struct Probe {
  int64_t user = 0;
  int64_t due_micros = 0;  // Since the start.
};

// One run: probes are sent on a thread of their own and seen on the caller's.
class Run {
 public:
  Run(const FreshnessOptions& options, KafkaWriter& writer)
      : options_(options),
        writer_(writer),
        stub_(v1::OnlineService::NewStub(grpc::CreateChannel(
            options.target, grpc::InsecureChannelCredentials()))),
        payments_({.users = 1, .seed = options.seed}) {}

  absl::StatusOr<FreshnessResult> Go() {
    // One that has written has its connections, which take up to a second.
    RETURN_IF_ERROR(Write(options_.first_user - 1));
    start_ = Steady::now();
    std::thread sender([this] { Send(); });
    const absl::Status seen = See();
    {
      MutexLock lock(mu_);
      stop_ = true;
    }
    sender.join();
    RETURN_IF_ERROR(seen);
    MutexLock lock(mu_);
    RETURN_IF_ERROR(sent_);
    result_.lost = static_cast<int64_t>(waiting_.size());
    return std::move(result_);
  }

 private:
  int64_t NowMicros() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() -
                                                                 start_)
        .count();
  }

  void WaitUntil(int64_t micros) const {
    const int64_t left = micros - NowMicros();
    if (left <= 0) return;
    const timespec pause{.tv_sec = left / 1'000'000,
                         .tv_nsec = left % 1'000'000 * 1000};
    ::nanosleep(&pause, nullptr);
  }

  // Used by one thread at a time.
  absl::Status Write(int64_t user) {
    const Payment payment = payments_.Of(user, SystemClock().NowMicros());
    const KafkaMessage message{
        .topic = options_.topic, .key = payment.key, .value = payment.value};
    return writer_.Write({&message, 1}, kTimeout).front().status;
  }

  void Send() {
    std::mt19937_64 random(options_.seed);
    std::exponential_distribution<double> gap(options_.per_second);
    double due_seconds = 0;
    for (int64_t user = options_.first_user;; ++user) {
      due_seconds += gap(random);
      const auto due_micros = static_cast<int64_t>(due_seconds * 1e6);
      if (due_seconds < options_.seconds) WaitUntil(due_micros);
      {
        MutexLock lock(mu_);
        if (stop_ || due_seconds >= options_.seconds) break;
        waiting_.push_back({user, due_micros});
        ++result_.sent;
      }
      const absl::Status written = Write(user);
      MutexLock lock(mu_);
      result_.written.Add({due_micros, NowMicros() - due_micros});
      if (written.ok()) continue;
      sent_ = written;
      break;
    }
    MutexLock lock(mu_);
    all_sent_micros_ = NowMicros();
  }

  // Until all that were sent were seen, or given up.
  absl::Status See() {
    for (int64_t next = 0;; next = NowMicros() + kPollMicros) {
      WaitUntil(next);
      std::vector<Probe> waiting;
      {
        MutexLock lock(mu_);
        waiting = waiting_;
        const bool all_sent = all_sent_micros_ >= 0;
        if (all_sent && (waiting.empty() || !sent_.ok())) break;
        if (all_sent && NowMicros() > all_sent_micros_ + kGiveUpMicros) break;
      }
      if (!waiting.empty()) RETURN_IF_ERROR(Ask(waiting));
    }
    return absl::OkStatus();
  }

  absl::Status Ask(const std::vector<Probe>& waiting) {
    v1::GetFeaturesRequest request;
    request.add_features(options_.feature);
    v1::KeyColumn* column = request.add_keys();
    column->set_name(options_.key);
    for (const Probe& probe : waiting) column->add_int64s(probe.user);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kTimeout);
    v1::GetFeaturesResponse reply;
    const grpc::Status status = stub_->GetFeatures(&context, request, &reply);
    const int64_t now_micros = NowMicros();
    if (!status.ok()) {
      return Unavailable("asking for '{}': {}", options_.feature,
                         status.error_message());
    }
    const auto rows = static_cast<int>(waiting.size());
    if (reply.columns_size() != 1 || reply.columns(0).int64s_size() != rows) {
      return Internal("'{}' is no count", options_.feature);
    }
    MutexLock lock(mu_);
    ++result_.polls;
    std::vector<Probe> left;
    for (int i = 0; i < rows; ++i) {
      const Probe& probe = waiting[static_cast<size_t>(i)];
      if (reply.columns(0).int64s(i) == 0) {
        left.push_back(probe);
      } else {
        result_.latencies.Add(
            {probe.due_micros, now_micros - probe.due_micros});
      }
    }
    // Behind those that were asked for stand those that were sent since.
    waiting_.erase(waiting_.begin(), waiting_.begin() + rows);
    waiting_.insert(waiting_.begin(), left.begin(), left.end());
    return absl::OkStatus();
  }

  const FreshnessOptions& options_;
  KafkaWriter& writer_;
  const std::unique_ptr<v1::OnlineService::Stub> stub_;
  PaymentSource payments_;
  Steady::time_point start_;  // Set before there are threads.
  Mutex mu_;
  std::vector<Probe> waiting_ ABSL_GUARDED_BY(mu_);
  int64_t all_sent_micros_ ABSL_GUARDED_BY(mu_) = -1;  // -1: they are not.
  absl::Status sent_ ABSL_GUARDED_BY(mu_);             // What ended it.
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  FreshnessResult result_ ABSL_GUARDED_BY(mu_);
};

}  // namespace

absl::StatusOr<FreshnessResult> MeasureFreshness(
    const FreshnessOptions& options) {
  KafkaSettings settings;
  settings.brokers = {options.brokers};
  ASSIGN_OR_RETURN(const std::unique_ptr<KafkaWriter> writer,
                   KafkaWriter::Open(settings, nullptr));
  return Run(options, *writer).Go();
}

}  // namespace freshet
