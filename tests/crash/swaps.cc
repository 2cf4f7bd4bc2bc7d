// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

#include "freshet/v1/admin.grpc.pb.h"
#include "tests/crash/commands.h"

namespace freshet {
namespace {

constexpr int kKeys = 20;
constexpr int64_t kRepliesBetween = 20;
constexpr std::chrono::seconds kDeadline(30);
constexpr std::chrono::minutes kPatience(4);

class Swapping {
 public:
  Swapping(const CheckedTable& table, const SwapOptions& options)
      : table_(table),
        options_(options),
        admin_(v1::AdminService::NewStub(grpc::CreateChannel(
            options.admin, grpc::InsecureChannelCredentials()))) {}

  void Run() {
    std::vector<std::thread> readers;
    for (int i = 0; i < options_.threads; ++i) {
      readers.emplace_back([this, i] { Read(static_cast<uint64_t>(i)); });
    }
    Swap();
    stop_.store(true);
    for (std::thread& reader : readers) reader.join();
  }

  int Report() const {
    fmt::print(
        "{{\"swaps\": {}, \"rollbacks\": {}, \"replies\": {}, "
        "\"straddling\": {}, \"versions\": {}}}\n",
        swaps_, rollbacks_, replies_, straddling_.load(), seen_.size());
    if (!wrong_.empty()) fmt::print(stderr, "{}\n", wrong_);
    return wrong_.empty() ? 0 : 1;
  }

 private:
  // Even: no swap is under way. A reply straddles a swap if the count moved
  // during its call, or was odd.
  void Read(uint64_t thread) {
    std::mt19937_64 random(options_.seed + thread);
    std::uniform_int_distribution<int64_t> any(0, table_.rows - 1);
    FeatureReader reader(table_, kDeadline);
    std::vector<int64_t> keys(kKeys);
    while (!stop_.load()) {
      for (int64_t& key : keys) key = any(random);
      const uint64_t before = epoch_.load();
      CheckedReply reply;
      const grpc::Status status = reader.Read(keys, &reply);
      if (epoch_.load() != before || before % 2 == 1) straddling_.fetch_add(1);
      Check(status, reply);
    }
  }

  void Check(const grpc::Status& status, const CheckedReply& reply) {
    std::lock_guard<std::mutex> lock(mu_);
    if (!status.ok()) {
      Wrong(fmt::format("a request failed: {} {}",
                        static_cast<int>(status.error_code()),
                        status.error_message()));
    } else if (reply.value != reply.version) {
      Wrong(fmt::format("version {} answered {}", reply.version, reply.value));
    }
    ++replies_;
    seen_[reply.version] = true;
    replied_.notify_one();
  }

  void Swap() {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (
        (swaps_ < options_.swaps || straddling_.load() < options_.straddling) &&
        std::chrono::steady_clock::now() < end && !Failed()) {
      epoch_.fetch_add(1);
      const grpc::Status status = SwapOnce();
      epoch_.fetch_add(1);
      if (!status.ok()) {
        std::lock_guard<std::mutex> lock(mu_);
        Wrong(fmt::format("a swap failed: {}", status.error_message()));
      }
      ++swaps_;
      LetThemRead();
    }
    std::lock_guard<std::mutex> lock(mu_);
    if (swaps_ < options_.swaps || straddling_.load() < options_.straddling) {
      Wrong("not enough swaps, or not enough replies across them");
    }
  }

  // So that there is a time between swaps too, in which nothing swaps.
  void LetThemRead() {
    std::unique_lock<std::mutex> lock(mu_);
    const int64_t enough = replies_ + kRepliesBetween;
    while (replies_ < enough && wrong_.empty()) replied_.wait(lock);
  }

  // Every other one is a rollback.
  grpc::Status SwapOnce() {
    grpc::ClientContext context;
    v1::VersionState state;
    if (swaps_ % 2 == 1) {
      v1::RollbackRequest request;
      request.set_view(table_.view);
      ++rollbacks_;
      return admin_->RollbackView(&context, request, &state);
    }
    v1::ActivateRequest request;
    request.set_view(table_.view);
    request.set_version(options_.versions[next_++ % options_.versions.size()]);
    return admin_->ActivateVersion(&context, request, &state);
  }

  bool Failed() {
    std::lock_guard<std::mutex> lock(mu_);
    return !wrong_.empty();
  }

  void Wrong(std::string what) {
    if (wrong_.empty()) wrong_ = std::move(what);
  }

  const CheckedTable& table_;
  const SwapOptions& options_;
  std::unique_ptr<v1::AdminService::Stub> admin_;
  int64_t swaps_ = 0;
  int64_t rollbacks_ = 0;
  size_t next_ = 0;
  std::atomic<uint64_t> epoch_{0};
  std::atomic<int64_t> straddling_{0};
  std::atomic<bool> stop_{false};
  std::mutex mu_;
  std::condition_variable replied_;
  int64_t replies_ = 0;
  std::map<int64_t, bool> seen_;
  std::string wrong_;
};

}  // namespace

int RunSwaps(const CheckedTable& table, const SwapOptions& options) {
  Swapping swapping(table, options);
  swapping.Run();
  return swapping.Report();
}

}  // namespace freshet
