// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <iostream>
#include <mutex>
#include <thread>

#include "freshet/v1/admin.grpc.pb.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "tests/crash/commands.h"

namespace freshet {
namespace {

constexpr std::chrono::seconds kDeadline(60);

// In which order calls ended, and which of them failed.
class Endings {
 public:
  void Add(const std::string& what, const grpc::Status& status) {
    std::lock_guard<std::mutex> lock(mu_);
    order_.push_back(what);
    if (!status.ok()) failed_ += what + ": " + status.error_message() + "\n";
  }
  std::vector<std::string> order() const {
    std::lock_guard<std::mutex> lock(mu_);
    return order_;
  }
  std::string failed() const {
    std::lock_guard<std::mutex> lock(mu_);
    return failed_;
  }

 private:
  mutable std::mutex mu_;
  std::vector<std::string> order_;
  std::string failed_;
};

grpc::Status ReadOne(const CheckedTable& table, int64_t key) {
  CheckedReply reply;
  return FeatureReader(table, kDeadline).Read({key}, &reply);
}

void CallWhatMustNotWait(const CheckedTable& table, const StuckOptions& options,
                         Endings& endings) {
  const auto channel =
      grpc::CreateChannel(options.admin, grpc::InsecureChannelCredentials());
  {
    grpc::ClientContext context;
    grpc::health::v1::HealthCheckRequest request;
    grpc::health::v1::HealthCheckResponse response;
    endings.Add("health", grpc::health::v1::Health::NewStub(channel)->Check(
                              &context, request, &response));
  }
  endings.Add("cached", ReadOne(table, options.cached));
  grpc::ClientContext context;
  v1::RollbackRequest request;
  request.set_view(table.view);
  v1::VersionState state;
  endings.Add("rollback", v1::AdminService::NewStub(channel)->RollbackView(
                              &context, request, &state));
}

}  // namespace

int RunStuck(const CheckedTable& table, const StuckOptions& options) {
  Endings endings;
  std::vector<std::thread> stuck;
  for (const int64_t key : options.cold) {
    stuck.emplace_back([&, key] { endings.Add("stuck", ReadOne(table, key)); });
  }
  std::string line;
  std::getline(std::cin, line);
  CallWhatMustNotWait(table, options, endings);
  const size_t before = endings.order().size();
  for (std::thread& thread : stuck) thread.join();

  const std::vector<std::string> order = endings.order();
  fmt::print("{{\"order\": [\"{}\"]}}\n", fmt::join(order, "\", \""));
  if (!endings.failed().empty()) {
    fmt::print(stderr, "{}", endings.failed());
    return 1;
  }
  // All three came first, and none of the stuck ones with them.
  return before == 3 ? 0 : 1;
}

}  // namespace freshet
