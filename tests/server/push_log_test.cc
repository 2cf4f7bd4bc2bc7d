// SPDX-License-Identifier: Apache-2.0
// Pushes to a source with a push log, by the calls that applications make, and
// a mock of a cluster.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "freshet/v1/push.grpc.pb.h"
#include "tests/ingest/mock_cluster.h"
#include "tests/server/daemon_kit.h"
#include "tests/server/payments.h"

namespace freshet {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using Steady = std::chrono::steady_clock;

// Added to kDefinitions, whose last section is that of the services.
constexpr char kStreams[] = R"yaml(  - {name: fraud, features: [user_payments]}
stream_sources:
  - name: payments
    fields:
      - {name: user_id, type: string}
      - {name: cents, type: int64}
      - {name: at, type: timestamp}
      - {name: id, type: string}
    timestamp_field: at
    id_field: id
    push_log:
      brokers: [BROKERS]
      topic: payments-log
      key_field: user_id
      queue_max: 1MiB
      metadata_interval: 1s
stream_feature_views:
  - name: user_payments
    entities: [user]
    source: payments
    aggregations:
      - {column: cents, functions: [count, sum], windows: [1h]}
    on_incomplete: value
)yaml";

class PushLogServiceTest : public PaymentsTest {
 protected:
  PushLogServiceTest() {
    cluster_.CreateTopic("payments-log", 3);
    std::string streams = kStreams;
    streams.replace(streams.find("BROKERS"), 7,
                    "\"" + cluster_.Settings().brokers[0] + "\"");
    kit_ = std::make_unique<DaemonKit>();
    kit_->WriteConfig("", std::string(kDefinitions) + streams);
    const auto reloaded = kit_->daemon->Reload();
    EXPECT_TRUE(reloaded.ok()) << reloaded.status();
    push_ = v1::PushService::NewStub(kit_->Channel(kit_->daemon->ports().data));
    // Until then pushes are refused.
    WaitForMetric("freshet_stream_source_behind_seconds{source=");
  }

  grpc::Status Push(const v1::PushRequest& request, v1::PushResponse* response,
                    std::chrono::milliseconds timeout = seconds(60)) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + timeout);
    return push_->Push(&context, request, response);
  }

  // Count and sum of a user's last hour.
  std::vector<int64_t> Read(const std::string& user) {
    v1::GetFeaturesRequest request;
    request.set_feature_service("fraud");
    AddStrings(request, "user_id", {user});
    v1::GetFeaturesResponse response;
    const grpc::Status status = kit_->Get(request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    std::vector<int64_t> values;
    for (const v1::Column& column : response.columns()) {
      values.push_back(column.int64s(0));
    }
    return values;
  }

  // Until the metrics page has a line; a test that waits in vain fails.
  void WaitForMetric(const std::string& line) {
    const auto give_up = Steady::now() + seconds(30);
    while (kit_->Http("/metrics").second.find(line) == std::string::npos) {
      ASSERT_LT(Steady::now(), give_up) << line << "\n"
                                        << kit_->Http("/metrics").second;
    }
  }

  MockCluster cluster_;
  std::unique_ptr<DaemonKit> kit_;
  std::unique_ptr<v1::PushService::Stub> push_;
};

TEST_F(PushLogServiceTest, Rule18WhatIsAcknowledgedIsReadAtOnce) {
  for (int64_t i = 1; i <= 5; ++i) {
    v1::PushResponse response;
    const grpc::Status status = Push(Payments("ann", 2), &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.accepted(), 2U);
    EXPECT_THAT(Read("ann"), ElementsAre(2 * i, 20 * i));
  }
  const std::string metrics = kit_->Http("/metrics").second;
  EXPECT_THAT(metrics,
              HasSubstr("freshet_push_events_total{source=\"payments\",result="
                        "\"accepted\"} 10"));
  EXPECT_THAT(metrics,
              HasSubstr("freshet_push_acknowledge_seconds_count{source="
                        "\"payments\"} 5"));
  EXPECT_THAT(metrics, HasSubstr("freshet_push_log_waiting_bytes{source="
                                 "\"payments\"} 0"));
  v1::DaemonStatus status;
  grpc::ClientContext context;
  ASSERT_TRUE(kit_->admin->GetStatus(&context, {}, &status).ok());
  ASSERT_EQ(status.stream_sources_size(), 1);
  EXPECT_THAT(status.stream_sources(0).topics(), ElementsAre("payments-log"));
}

TEST_F(PushLogServiceTest, APartitionThatLosesItsLeaderIsNoQuietOne) {
  const auto lead = [&](int32_t broker) {
    return rd_kafka_mock_partition_set_leader(cluster_.mock(), "payments-log",
                                              2, broker);
  };
  const auto said = [&] {
    v1::DaemonStatus status;
    grpc::ClientContext context;
    EXPECT_TRUE(kit_->admin->GetStatus(&context, {}, &status).ok());
    return status.stream_sources(0).message();
  };
  const std::string ok = "freshet_stream_source_ok{source=\"payments\"} ";
  WaitForMetric(ok + "1\n");
  EXPECT_EQ(said(), "");

  ASSERT_EQ(lead(-1), RD_KAFKA_RESP_ERR_NO_ERROR);
  WaitForMetric(ok + "0\n");
  EXPECT_EQ(said(),
            "partition 2 of topic 'payments-log': no leader of it has "
            "answered");
  ASSERT_EQ(lead(1), RD_KAFKA_RESP_ERR_NO_ERROR);
  WaitForMetric(ok + "1\n");
  EXPECT_EQ(said(), "");
}

TEST_F(PushLogServiceTest, RejectedEventsAreInNoTopic) {
  v1::PushRequest request = Payments("ann", 3);
  request.mutable_columns(2)->set_integers(1, kNow + 3600 * kSecond);
  v1::PushResponse response;
  ASSERT_TRUE(Push(request, &response).ok());
  EXPECT_EQ(response.accepted(), 2U);
  ASSERT_EQ(response.rejected_size(), 1);
  EXPECT_EQ(response.rejected(0).row(), 1U);
  request.mutable_columns(2)->clear_integers();
  request.mutable_columns(2)->set_nulls(std::string(3, 1));
  ASSERT_TRUE(Push(request, &response).ok());
  EXPECT_EQ(response.accepted(), 0U);
  EXPECT_EQ(response.rejected_size(), 3);
  EXPECT_THAT(Read("ann"), ElementsAre(2, 20));
  WaitForMetric("freshet_stream_source_records_total{source=\"payments\"} 2\n");
}

TEST_F(PushLogServiceTest, Rule19AStreamIsAnsweredInOrderAndAgainCountsOnce) {
  constexpr uint64_t kRequests = 100;
  std::vector<v1::PushRequest> requests;
  for (uint64_t i = 0; i < kRequests; ++i) {
    requests.push_back(Payments("user " + std::to_string(i % 7), 3));
    requests.back().set_sequence(1000 + i);
  }
  for (int round = 0; round < 2; ++round) {
    grpc::ClientContext context;
    const auto stream = push_->PushStream(&context);
    std::thread sender([&] {
      for (const v1::PushRequest& request : requests) {
        EXPECT_TRUE(stream->Write(request));
      }
      stream->WritesDone();
    });
    uint64_t answers = 0;
    for (v1::PushResponse response; stream->Read(&response); ++answers) {
      EXPECT_EQ(response.sequence(), 1000 + answers);
      EXPECT_EQ(response.code(), 0) << response.message();
    }
    sender.join();
    EXPECT_TRUE(stream->Finish().ok());
    EXPECT_EQ(answers, kRequests);
    int64_t counted = 0;
    for (int user = 0; user < 7; ++user) {
      counted += Read("user " + std::to_string(user))[0];
    }
    EXPECT_EQ(counted, 3 * kRequests);
  }
}

TEST_F(PushLogServiceTest, ACallWhoseTimeIsOverEndsAndHoldsNothing) {
  v1::PushResponse response;
  ASSERT_TRUE(Push(Payments("ann", 1), &response).ok());
  rd_kafka_mock_broker_set_down(cluster_.mock(), -1);

  const grpc::Status status =
      Push(Payments("ann", 1), &response, std::chrono::milliseconds(300));

  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  WaitForMetric("method=\"Push\",code=\"CANCELLED\"} 1");
}

TEST_F(PushLogServiceTest, AStreamThatIsGivenUpEnds) {
  rd_kafka_mock_broker_set_down(cluster_.mock(), -1);
  const auto begin = Steady::now();
  for (int i = 0; i < 5; ++i) {
    grpc::ClientContext context;
    const auto stream = push_->PushStream(&context);
    // More than may wait, so that the last ones are tried again.
    for (int request = 0; request < 30; ++request) {
      stream->Write(Payments("ann", 100));
    }
    context.TryCancel();
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  // With all that they hold: the daemon waits for its calls.
  kit_.reset();
  EXPECT_LT(Steady::now() - begin, seconds(25));
}

TEST_F(PushLogServiceTest, WhatIsTooMuchIsSaidBeforeAnythingIsTaken) {
  rd_kafka_mock_broker_set_down(cluster_.mock(), -1);
  v1::PushResponse response;
  grpc::Status status = Push(Payments("ann", 3000), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("queue_max of source"));
  // One that waits leaves no room for another.
  const v1::PushRequest first = Payments("ann", 1200);
  std::thread waits([&] {
    v1::PushResponse late;
    const grpc::Status given_up = Push(first, &late, seconds(10));
    EXPECT_EQ(given_up.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  });
  const std::string none =
      "freshet_push_log_waiting_bytes{source=\"payments\"} 0\n";
  const auto give_up = Steady::now() + seconds(8);
  while (kit_->Http("/metrics").second.find(none) != std::string::npos &&
         Steady::now() < give_up) {
  }
  status = Push(Payments("bob", 1200), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED)
      << status.error_message();
  waits.join();
}

TEST_F(PushLogServiceTest, ASourceThatIsOnlyReadTakesNoPushes) {
  std::string streams = kStreams;
  const size_t log = streams.find("    push_log:");
  streams.replace(log, streams.find("stream_feature_views") - log,
                  "    kafka: {brokers: [\"127.0.0.1:1\"], topics: [a], "
                  "format: json}\n");
  kit_->WriteConfig("", std::string(kDefinitions) + streams);
  const auto reloaded = kit_->daemon->Reload();
  ASSERT_TRUE(reloaded.ok()) << reloaded.status();

  v1::PushResponse response;
  const grpc::Status status = Push(Payments("ann", 1), &response);

  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(),
              HasSubstr("define it with push_log or single_node: true"));
}

}  // namespace
}  // namespace freshet
