// SPDX-License-Identifier: Apache-2.0
#include "bench/client/rpc_load.h"

#include <grpc/grpc.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <time.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <random>

#include "base/mutex.h"
#include "freshet/v1/online.pb.h"

namespace freshet {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr const char* kMethod = "/freshet.v1.OnlineService/GetFeatures";

int64_t MicrosSince(SteadyClock::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             SteadyClock::now() - start)
      .count();
}

// One call in flight; owned by its own completion.
struct Call {
  grpc::ClientContext context;
  grpc::ByteBuffer reply;
  int64_t number = 0;
  int64_t due_micros = 0;
};

struct Counts {
  int64_t values = 0;
  int64_t not_present = 0;
};

Counts CountStatuses(grpc::ByteBuffer& bytes) {
  grpc::Slice slice;
  if (!bytes.DumpToSingleSlice(&slice).ok()) return {};
  v1::GetFeaturesResponse reply;
  if (!reply.ParseFromArray(slice.begin(), static_cast<int>(slice.size()))) {
    return {};
  }
  Counts counts;
  for (const v1::Column& column : reply.columns()) {
    for (const char byte : column.statuses()) {
      ++counts.values;
      if ((byte & 0x0f) != v1::STATE_PRESENT) ++counts.not_present;
    }
  }
  return counts;
}

class Run {
 public:
  Run(const RpcLoadOptions& options, const std::vector<std::string>& requests)
      : options_(options), random_(options.seed) {
    for (int i = 0; i < options.connections; ++i) {
      grpc::ChannelArguments arguments;
      // Channels with equal arguments would share one connection.
      arguments.SetInt("freshet.bench.connection", i);
      arguments.SetMaxReceiveMessageSize(-1);
      channels_.push_back(grpc::CreateCustomChannel(
          options.target, grpc::InsecureChannelCredentials(), arguments));
      stubs_.push_back(std::make_unique<grpc::GenericStub>(channels_.back()));
    }
    for (const std::string& request : requests) {
      const grpc::Slice slice(request);
      requests_.emplace_back(&slice, 1);
    }
  }

  RpcLoadResult Go() {
    // Connecting is not part of what is measured.
    for (const auto& channel : channels_) {
      channel->WaitForConnected(std::chrono::system_clock::now() +
                                std::chrono::seconds(5));
    }
    start_ = SteadyClock::now();
    options_.requests_per_second > 0 ? OpenLoop() : ClosedLoop();
    MutexLock lock(mu_);
    while (in_flight_ > 0) ended_.Wait(mu_);
    result_.seconds = static_cast<double>(MicrosSince(start_)) / 1e6;
    result_.started =
        std::chrono::duration<double>(start_.time_since_epoch()).count();
    return std::move(result_);
  }

 private:
  void OpenLoop() {
    std::exponential_distribution<double> gap(options_.requests_per_second);
    double due_seconds = 0;
    while (true) {
      due_seconds += gap(random_);
      if (due_seconds >= options_.seconds) return;
      if (options_.stop != nullptr && *options_.stop) return;
      const auto due_micros = static_cast<int64_t>(due_seconds * 1e6);
      WaitUntil(due_micros);
      {
        MutexLock lock(mu_);
        if (in_flight_ >= options_.in_flight_max) {
          ++result_.dropped;
          continue;
        }
        ++in_flight_;
      }
      Send(due_micros);
    }
  }

  void ClosedLoop() {
    {
      MutexLock lock(mu_);
      in_flight_ = options_.in_flight;
    }
    for (int64_t i = 0; i < options_.in_flight; ++i) Send(MicrosSince(start_));
  }

  // Arrivals are instants of the clock; nothing else is being waited for.
  void WaitUntil(int64_t due_micros) const {
    const auto left = due_micros - MicrosSince(start_);
    if (left <= 0) return;
    const timespec pause{.tv_sec = left / 1'000'000,
                         .tv_nsec = left % 1'000'000 * 1000};
    ::nanosleep(&pause, nullptr);
  }

  void Send(int64_t due_micros) {
    auto* call = new Call;
    call->number = next_++;
    call->due_micros = due_micros;
    call->context.set_deadline(std::chrono::system_clock::now() +
                               std::chrono::milliseconds(static_cast<int64_t>(
                                   options_.deadline_seconds * 1000)));
    const auto number = static_cast<size_t>(call->number);
    stubs_[number % stubs_.size()]->UnaryCall(
        &call->context, kMethod, {}, &requests_[number % requests_.size()],
        &call->reply, [this, call](const grpc::Status& status) {
          End(std::unique_ptr<Call>(call), status);
        });
  }

  void End(std::unique_ptr<Call> call, const grpc::Status& status) {
    const int64_t now = MicrosSince(start_);
    const auto bytes = static_cast<int64_t>(call->reply.Length());
    Counts counts;
    if (options_.check_every > 0 && call->number % options_.check_every == 0) {
      counts = CountStatuses(call->reply);
    }
    const bool go_on = options_.requests_per_second == 0 &&
                       static_cast<double>(now) < options_.seconds * 1e6;
    const int64_t due = call->due_micros;
    call.reset();
    {
      MutexLock lock(mu_);
      ++result_.sent;
      result_.latencies.Add({due, now - due});
      result_.reply_bytes += bytes;
      result_.values_checked += counts.values;
      result_.not_present += counts.not_present;
      if (!status.ok()) {
        ++result_.failed;
        if (result_.first_error.empty()) {
          result_.first_error = status.error_message();
        }
      }
      if (!go_on) {
        if (--in_flight_ == 0) ended_.SignalAll();
        return;
      }
    }
    Send(now);
  }

  const RpcLoadOptions& options_;
  std::mt19937_64 random_;
  std::vector<grpc::ByteBuffer> requests_;
  std::vector<std::shared_ptr<grpc::Channel>> channels_;
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs_;
  std::atomic<int64_t> next_ = 0;
  SteadyClock::time_point start_;
  Mutex mu_;
  CondVar ended_;
  int64_t in_flight_ ABSL_GUARDED_BY(mu_) = 0;
  RpcLoadResult result_ ABSL_GUARDED_BY(mu_);
};

}  // namespace

RpcLoadResult RunRpcLoad(const RpcLoadOptions& options,
                         const std::vector<std::string>& requests) {
  // Never shut down: a thread of gRPC's is on its way out of the last callback
  // when the run has ended.
  ::grpc_init();
  return Run(options, requests).Go();
}

}  // namespace freshet
