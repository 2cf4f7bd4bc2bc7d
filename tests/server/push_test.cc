// SPDX-License-Identifier: Apache-2.0
// Pushes to a daemon, by the calls that applications make.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/failpoint.h"
#include "freshet/v1/push.grpc.pb.h"
#include "tests/server/daemon_kit.h"
#include "tests/server/payments.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

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
    single_node: true
stream_feature_views:
  - name: user_payments
    entities: [user]
    source: payments
    aggregations:
      - {column: cents, functions: [count, sum], windows: [1h]}
    on_incomplete: value
)yaml";

class PushTest : public PaymentsTest {
 protected:
  PushTest() {
    kit_.WriteConfig("", std::string(kDefinitions) + kStreams);
    const auto reloaded = kit_.daemon->Reload();
    EXPECT_TRUE(reloaded.ok()) << reloaded.status();
    push_ = v1::PushService::NewStub(kit_.Channel(kit_.daemon->ports().data));
  }
  void TearDown() override { ASSERT_TRUE(ArmFailpoints("").ok()); }

  grpc::Status Push(const v1::PushRequest& request,
                    v1::PushResponse* response) {
    grpc::ClientContext context;
    return push_->Push(&context, request, response);
  }

  // Count and sum of a user's last hour.
  std::vector<int64_t> Read(const std::string& user) {
    v1::GetFeaturesRequest request;
    request.set_feature_service("fraud");
    AddStrings(request, "user_id", {user});
    v1::GetFeaturesResponse response;
    const grpc::Status status = kit_.Get(request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    std::vector<int64_t> values;
    for (const v1::Column& column : response.columns()) {
      EXPECT_EQ(static_cast<uint8_t>(column.statuses()[0]) & 0xf,
                v1::STATE_INCOMPLETE)
          << "the view is young";
      values.push_back(column.int64s(0));
    }
    return values;
  }

  DaemonKit kit_;
  std::unique_ptr<v1::PushService::Stub> push_;
};

TEST_F(PushTest, Rule18WhatIsAcknowledgedIsReadAtOnce) {
  for (int64_t i = 1; i <= 3; ++i) {
    v1::PushRequest request = Payments("ann", 2);
    request.set_request_id("mine");
    v1::PushResponse response;
    ASSERT_TRUE(Push(request, &response).ok());
    EXPECT_EQ(response.accepted(), 2U);
    EXPECT_EQ(response.request_id(), "mine");
    EXPECT_THAT(Read("ann"), ElementsAre(2 * i, 20 * i));
  }
}

TEST_F(PushTest, Rule19TheSameEventAgainCountsOnce) {
  const v1::PushRequest request = Payments("ann", 5);
  v1::PushResponse response;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Push(request, &response).ok());
  EXPECT_THAT(Read("ann"), ElementsAre(5, 50));
}

TEST_F(PushTest, RejectedEventsAreNamed) {
  v1::PushRequest request = Payments("ann", 3);
  request.mutable_columns(2)->set_integers(1, kNow + 3600 * kSecond);
  v1::PushResponse response;
  ASSERT_TRUE(Push(request, &response).ok());
  EXPECT_EQ(response.accepted(), 2U);
  ASSERT_EQ(response.rejected_size(), 1);
  EXPECT_EQ(response.rejected(0).row(), 1U);
  EXPECT_EQ(response.rejected(0).reason(), v1::REJECT_REASON_FUTURE);
  EXPECT_THAT(Read("ann"), ElementsAre(2, 20));
}

TEST_F(PushTest, WhatIsWrongIsSaid) {
  v1::PushRequest request = Payments("ann", 1);
  request.set_source("payment");
  v1::PushResponse response;
  grpc::Status status = Push(request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(status.error_message(),
              HasSubstr("no stream source 'payment'; nearest: 'payments' "
                        "(request_id: "));
  request.set_source("payments");
  request.mutable_columns(0)->set_name("who");
  status = Push(request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request.set_request_id("no id");
  status = Push(request, &response);
  EXPECT_THAT(status.error_message(), HasSubstr("request_id has 5 bytes"));
  EXPECT_THAT(Read("ann"), ElementsAre(0, 0));
}

TEST_F(PushTest, AStreamIsAnsweredInItsOrder) {
  grpc::ClientContext context;
  const auto stream = push_->PushStream(&context);
  constexpr uint64_t kRequests = 500;
  std::thread sender([&] {
    for (uint64_t i = 0; i < kRequests; ++i) {
      v1::PushRequest request = Payments("user " + std::to_string(i % 7), 3);
      request.set_sequence(1000 + i);
      if (i % 100 == 50) request.set_source("nothing");
      EXPECT_TRUE(stream->Write(request));
    }
    stream->WritesDone();
  });
  uint64_t answers = 0;
  for (v1::PushResponse response; stream->Read(&response); ++answers) {
    ASSERT_EQ(response.sequence(), 1000 + answers);
    EXPECT_FALSE(response.request_id().empty());
    if (answers % 100 == 50) {
      EXPECT_EQ(response.code(), grpc::StatusCode::NOT_FOUND);
      EXPECT_THAT(response.message(), HasSubstr("no stream source 'nothing'"));
      EXPECT_THAT(response.message(),
                  HasSubstr("(request_id: " + response.request_id() + ")"));
    } else {
      EXPECT_EQ(response.code(), 0) << response.message();
      EXPECT_EQ(response.accepted(), 3U);
    }
  }
  sender.join();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(answers, kRequests);
  int64_t counted = 0;
  for (int user = 0; user < 7; ++user) {
    counted += Read("user " + std::to_string(user))[0];
  }
  EXPECT_EQ(counted, 3 * (500 - 5));
}

TEST_F(PushTest, AStreamThatIsGivenUpEnds) {
  for (int i = 0; i < 20; ++i) {
    grpc::ClientContext context;
    const auto stream = push_->PushStream(&context);
    for (int request = 0; request < 10; ++request) {
      stream->Write(Payments("ann", 50));
    }
    if (i % 2 == 0) {
      v1::PushResponse response;
      EXPECT_TRUE(stream->Read(&response));
    }
    context.TryCancel();
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  v1::PushResponse response;
  EXPECT_TRUE(Push(Payments("bob", 1), &response).ok());
  EXPECT_THAT(Read("bob"), ElementsAre(1, 10));
}

TEST_F(PushTest, AfterAnErrorOfTheDiskNothingIsAcknowledged) {
  ASSERT_TRUE(ArmFailpoints("change_log.before_sync=error").ok());
  v1::PushResponse response;
  grpc::Status status = Push(Payments("ann", 1), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  ASSERT_TRUE(ArmFailpoints("").ok());
  status = Push(Payments("ann", 1), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("nothing can be written"));

  // In a stream as well, which is not tried again for ever.
  grpc::ClientContext context;
  const auto stream = push_->PushStream(&context);
  stream->Write(Payments("ann", 1));
  stream->WritesDone();
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(stream->Finish().ok());
}

}  // namespace
}  // namespace freshet
