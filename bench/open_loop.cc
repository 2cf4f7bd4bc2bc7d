// SPDX-License-Identifier: Apache-2.0
#include "bench/open_loop.h"

#include <grpcpp/grpcpp.h>
#include <time.h>

#include <chrono>
#include <random>

#include "base/mutex.h"
#include "freshet/v1/online.grpc.pb.h"

namespace freshet {
namespace {

using SteadyClock = std::chrono::steady_clock;

int64_t MicrosSince(SteadyClock::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             SteadyClock::now() - start)
      .count();
}

// One call in flight; owned by its own completion.
struct Call {
  grpc::ClientContext context;
  v1::GetFeaturesRequest request;
  v1::GetFeaturesResponse reply;
  int64_t due_micros = 0;
};

class Run {
 public:
  explicit Run(const OpenLoopOptions& options)
      : options_(options), random_(options.seed) {
    for (int i = 0; i < options.connections; ++i) {
      grpc::ChannelArguments arguments;
      // Channels with equal arguments would share one connection.
      arguments.SetInt("freshet.bench.connection", i);
      arguments.SetMaxReceiveMessageSize(-1);
      stubs_.push_back(v1::OnlineService::NewStub(grpc::CreateCustomChannel(
          options.target, grpc::InsecureChannelCredentials(), arguments)));
    }
    for (const std::string& feature : options.features) {
      blank_.add_features(feature);
    }
    blank_.add_keys()->set_name(options.key);
  }

  OpenLoopResult Go() {
    std::exponential_distribution<double> gap(options_.requests_per_second);
    start_ = SteadyClock::now();
    double due_seconds = gap(random_);
    for (; due_seconds < options_.seconds; due_seconds += gap(random_)) {
      const auto due_micros = static_cast<int64_t>(due_seconds * 1e6);
      WaitUntil(due_micros);
      Send(due_micros);
    }
    MutexLock lock(mu_);
    while (in_flight_ > 0) ended_.Wait(mu_);
    return std::move(result_);
  }

 private:
  // Arrivals are instants of the clock; nothing else is being waited for.
  void WaitUntil(int64_t due_micros) const {
    const auto left = due_micros - MicrosSince(start_);
    if (left <= 0) return;
    const timespec pause{.tv_sec = left / 1'000'000,
                         .tv_nsec = left % 1'000'000 * 1000};
    ::nanosleep(&pause, nullptr);
  }

  void Send(int64_t due_micros) {
    {
      MutexLock lock(mu_);
      if (in_flight_ >= options_.in_flight_max) {
        ++result_.dropped;
        return;
      }
      ++in_flight_;
      ++result_.sent;
    }
    auto* call = new Call;
    call->due_micros = due_micros;
    call->request = blank_;
    std::uniform_int_distribution<int64_t> key(0, options_.key_space - 1);
    auto* keys = call->request.mutable_keys(0);
    for (int64_t i = 0; i < options_.keys_per_request; ++i) {
      keys->add_int64s(key(random_));
    }
    call->context.set_deadline(std::chrono::system_clock::now() +
                               std::chrono::milliseconds(static_cast<int64_t>(
                                   options_.deadline_seconds * 1000)));
    auto& stub = *stubs_[next_stub_++ % stubs_.size()];
    stub.async()->GetFeatures(
        &call->context, &call->request, &call->reply,
        [this, call](grpc::Status status) { End(call, status); });
  }

  void End(Call* call, const grpc::Status& status) {
    const int64_t latency = MicrosSince(start_) - call->due_micros;
    int64_t absent = 0;
    for (const v1::Column& column : call->reply.columns()) {
      for (const char byte : column.statuses()) {
        if ((byte & 0x0f) != v1::STATE_PRESENT) ++absent;
      }
    }
    const int64_t due = call->due_micros;
    delete call;
    MutexLock lock(mu_);
    result_.latencies.Add({due, latency});
    result_.not_found += absent;
    if (!status.ok()) {
      ++result_.failed;
      if (result_.first_error.empty()) {
        result_.first_error = status.error_message();
      }
    }
    if (--in_flight_ == 0) ended_.SignalAll();
  }

  const OpenLoopOptions& options_;
  std::mt19937_64 random_;
  v1::GetFeaturesRequest blank_;
  std::vector<std::unique_ptr<v1::OnlineService::Stub>> stubs_;
  size_t next_stub_ = 0;
  SteadyClock::time_point start_;
  Mutex mu_;
  CondVar ended_;
  int64_t in_flight_ ABSL_GUARDED_BY(mu_) = 0;
  OpenLoopResult result_ ABSL_GUARDED_BY(mu_);
};

}  // namespace

OpenLoopResult RunOpenLoop(const OpenLoopOptions& options) {
  return Run(options).Go();
}

}  // namespace freshet
