// SPDX-License-Identifier: Apache-2.0
// What is refused, given up or recovered from under load.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>

#include "base/failpoint.h"
#include "base/file.h"
#include "tests/server/daemon_kit.h"

namespace freshet {
namespace {

using ::testing::HasSubstr;

// A call under way, with a deadline far away.
class Call {
 public:
  Call(DaemonKit& kit, const v1::GetFeaturesRequest& request) {
    context_.set_deadline(gpr_time_add(
        gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_seconds(60, GPR_TIMESPAN)));
    reader_ = kit.online->AsyncGetFeatures(&context_, request, &queue_);
    reader_->Finish(&response_, &status_, this);
  }

  grpc::Status Wait() {
    void* tag = nullptr;
    bool ok = false;
    EXPECT_TRUE(queue_.Next(&tag, &ok));
    return status_;
  }
  void Cancel() { context_.TryCancel(); }

 private:
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  v1::GetFeaturesResponse response_;
  grpc::Status status_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<v1::GetFeaturesResponse>>
      reader_;
};

class OverloadTest : public ::testing::Test {
 protected:
  void TearDown() override { ASSERT_TRUE(ArmFailpoints("").ok()); }

  // Until the metrics page has a line; a test that waits in vain fails.
  static void WaitForMetric(DaemonKit& kit, const std::string& line) {
    const auto give_up =
        std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (kit.Http("/metrics").second.find(line) == std::string::npos) {
      ASSERT_LT(std::chrono::steady_clock::now(), give_up) << line;
    }
  }
};

TEST_F(OverloadTest, AFullReadQueueRefusesAndCountsIt) {
  DaemonKit kit("", {"storage.read_threads=1", "storage.read_queue_max=1"});
  kit.Load("item", ManyItems(1));
  ASSERT_TRUE(ArmFailpoints("server.read=1*sleep:3000").ok());
  const auto request = Ask("items", {}, {kColdItem});
  std::vector<std::unique_ptr<Call>> calls;
  // One is read, one waits; there is no room for the rest.
  for (int i = 0; i < 8; ++i) {
    calls.push_back(std::make_unique<Call>(kit, request));
  }

  int refused = 0;
  for (const auto& call : calls) {
    const grpc::Status status = call->Wait();
    if (status.ok()) continue;
    ++refused;
    EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_THAT(status.error_message(), HasSubstr("read_queue_max"));
  }
  EXPECT_GE(refused, 1);
  EXPECT_LE(refused, 7);
  EXPECT_THAT(kit.Http("/metrics").second,
              HasSubstr("freshet_requests_shed_total{reason=\"read_queue\"} " +
                        std::to_string(refused) + "\n"));
}

TEST_F(OverloadTest, ACancelledCallIsAnsweredWhileItsReadIsStuck) {
  DaemonKit kit("", {"storage.read_threads=1"});
  kit.Load("item", ManyItems(1));
  ASSERT_TRUE(ArmFailpoints("server.read=1*sleep:6000").ok());
  const auto request = Ask("items", {}, {kColdItem});
  Call stuck(kit, request);
  Call queued(kit, request);
  WaitForMetric(kit, "freshet_read_queue_depth 1\n");

  queued.Cancel();
  EXPECT_EQ(queued.Wait().error_code(), grpc::StatusCode::CANCELLED);
  stuck.Cancel();
  EXPECT_EQ(stuck.Wait().error_code(), grpc::StatusCode::CANCELLED);

  WaitForMetric(kit,
                "freshet_grpc_requests_total{method=\"GetFeatures\",code="
                "\"CANCELLED\"} 2\n");
}

TEST_F(OverloadTest, CallsUnderWayGetTheDrainDeadlineOfTheLastReload) {
  DaemonKit kit("  drain_deadline: 1ms\n", {"storage.read_threads=1"});
  kit.Load("item", ManyItems(1));
  kit.WriteConfig("  drain_deadline: 1m\n");
  ASSERT_TRUE(kit.daemon->Reload().ok());
  ASSERT_TRUE(ArmFailpoints("server.read=1*sleep:2000").ok());
  const auto request = Ask("items", {}, {kColdItem});
  Call stuck(kit, request);
  Call queued(kit, request);
  WaitForMetric(kit, "freshet_read_queue_depth 1\n");

  kit.daemon->Drain();

  for (Call* call : {&stuck, &queued}) {
    const grpc::Status status = call->Wait();
    EXPECT_TRUE(status.ok()) << status.error_message();
  }
}

TEST_F(OverloadTest, IdleConnectionsThatTakeAllDescriptorsDoNotWedgeIt) {
  DaemonKit kit("", {"listen.connections_max=10000",
                     "listen.connections_per_peer_max=10000"});
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(static_cast<uint16_t>(kit.daemon->ports().data));
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (int round = 0; round < 3; ++round) {
    std::vector<UniqueFd> idle;
    for (int i = 0; i < 600; ++i) {
      idle.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      ASSERT_EQ(::connect(idle.back().get(),
                          reinterpret_cast<sockaddr*>(&server), sizeof(server)),
                0);
    }
    // The clients' ends take descriptors, too: the last one gets none, and is
    // closed at once.
    char byte = 0;
    ASSERT_LE(::read(idle.back().get(), &byte, 1), 0);
    idle.clear();

    const auto stub =
        v1::OnlineService::NewStub(kit.Channel(kit.daemon->ports().data));
    grpc::ClientContext context;
    context.set_wait_for_ready(true);  // The first try may still be refused.
    v1::GetFeaturesResponse response;
    const grpc::Status status =
        stub->GetFeatures(&context, Ask("items", {}, {1}), &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
  }
  EXPECT_THAT(kit.Http("/metrics").second,
              ::testing::Not(HasSubstr("{port=\"data\",reason=\"descriptors"
                                       "\"} 0\n")));
}

}  // namespace
}  // namespace freshet
