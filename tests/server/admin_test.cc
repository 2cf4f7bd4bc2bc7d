// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/failpoint.h"
#include "tests/server/daemon_kit.h"

namespace freshet {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
namespace health = grpc::health::v1;

std::vector<KitRow> Item(double price) {
  return {{{Value(int64_t{1})}, kNow, {Value(price)}}};
}

health::HealthCheckResponse::ServingStatus Check(DaemonKit& kit, int port,
                                                 const std::string& service) {
  const auto stub = health::Health::NewStub(kit.Channel(port));
  grpc::ClientContext context;
  health::HealthCheckRequest request;
  request.set_service(service);
  health::HealthCheckResponse response;
  const grpc::Status status = stub->Check(&context, request, &response);
  if (status.error_code() == grpc::StatusCode::NOT_FOUND) {
    return health::HealthCheckResponse::SERVICE_UNKNOWN;
  }
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response.status();
}

TEST(AdminTest, ListsViewsAndVersions) {
  DaemonKit kit;
  kit.Load("item", Item(1));
  kit.Load("item", Item(2));

  grpc::ClientContext views_context;
  v1::ListViewsResponse views;
  ASSERT_TRUE(kit.admin->ListViews(&views_context, {}, &views).ok());
  grpc::ClientContext versions_context;
  v1::ListVersionsRequest request;
  request.set_view("item");
  v1::ListVersionsResponse versions;
  ASSERT_TRUE(
      kit.admin->ListVersions(&versions_context, request, &versions).ok());

  ASSERT_EQ(views.views_size(), 3);
  EXPECT_EQ(views.views(1).name(), "item");
  EXPECT_EQ(views.views(1).version(), 2);
  EXPECT_EQ(views.views(1).rows(), 1);
  EXPECT_EQ(views.views(1).versions(), 2U);
  ASSERT_EQ(versions.versions_size(), 2);
  EXPECT_EQ(versions.versions(0).phase(), v1::VERSION_PHASE_KEPT);
  EXPECT_EQ(versions.versions(1).phase(), v1::VERSION_PHASE_CURRENT);
}

TEST(AdminTest, RollsBackAndCountsIt) {
  DaemonKit kit;
  kit.Load("item", Item(1));
  kit.Load("item", Item(2));
  grpc::ClientContext context;
  v1::RollbackRequest request;
  request.set_view("item");
  v1::VersionState state;

  const grpc::Status status =
      kit.admin->RollbackView(&context, request, &state);

  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(state.version(), 1);
  EXPECT_EQ(state.phase(), v1::VERSION_PHASE_CURRENT);
  v1::GetFeaturesResponse response;
  ASSERT_TRUE(kit.Get(Ask("items", {}, {1}), &response).ok());
  EXPECT_EQ(response.columns(0).doubles(0), 1);
  EXPECT_THAT(kit.Http("/metrics").second,
              HasSubstr("freshet_view_rollbacks_total{view=\"item\"} 1\n"));
}

TEST(AdminTest, APrincipalThatTheCallerMakesUpIsThrownAway) {
  DaemonKit kit;
  kit.Load("item", Item(1));
  kit.Load("item", Item(2));
  grpc::ClientContext context;
  context.AddMetadata("freshet-principal", "root");
  v1::RollbackRequest request;
  request.set_view("item");
  v1::VersionState state;
  ASSERT_TRUE(kit.admin->RollbackView(&context, request, &state).ok());
  grpc::ClientContext describe_context;
  v1::DescribeViewRequest describe;
  describe.set_view("item");
  v1::ViewDescription description;
  ASSERT_TRUE(
      kit.admin->DescribeView(&describe_context, describe, &description).ok());

  EXPECT_EQ(description.activations().rbegin()->why(), "rollback");
  EXPECT_EQ(description.activations().rbegin()->who(), "anonymous");
}

TEST(AdminTest, ErrorsCarryTheCallersRequestId) {
  DaemonKit kit;
  grpc::ClientContext context;
  context.AddMetadata("x-request-id", "abc-1");
  v1::DescribeViewRequest request;
  request.set_view("itme");
  v1::ViewDescription description;

  const grpc::Status status =
      kit.admin->DescribeView(&context, request, &description);

  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(status.error_message(), HasSubstr("nearest: 'item'"));
  EXPECT_THAT(status.error_message(), HasSubstr("(request_id: abc-1)"));
}

TEST(AdminTest, DescribesAView) {
  DaemonKit kit;
  kit.Load("user", {{{Value(std::string("a"))}, kNow, {}}});
  grpc::ClientContext context;
  v1::DescribeViewRequest request;
  request.set_view("user");
  v1::ViewDescription description;
  ASSERT_TRUE(kit.admin->DescribeView(&context, request, &description).ok());

  EXPECT_EQ(description.ttl_seconds(), 3600);
  ASSERT_EQ(description.features_size(), 3);
  EXPECT_EQ(description.features(0).default_value(), "7");
  EXPECT_EQ(description.features(1).null_ratio(), 1);
  ASSERT_EQ(description.services_size(), 1);
  EXPECT_EQ(description.services(0), "model");
  EXPECT_EQ(description.activations_size(), 1);
}

TEST(AdminTest, AppliesDefinitionsOrReportsAllProblems) {
  DaemonKit kit;
  grpc::ClientContext bad_context;
  v1::ApplyDefinitionsRequest request;
  request.set_definitions("project: x\nbatch_views: []\nentitys: []\n");
  request.set_source_name("my.yaml");
  v1::ApplyDefinitionsResponse response;
  ASSERT_TRUE(
      kit.admin->ApplyDefinitions(&bad_context, request, &response).ok());
  EXPECT_FALSE(response.applied());
  ASSERT_GE(response.problems_size(), 2);
  EXPECT_THAT(response.problems(0), HasSubstr("my.yaml:2:1: "));

  std::string more = kDefinitions;
  more += "  - {name: more, features: [user.name]}\n";
  request.set_definitions(more);
  grpc::ClientContext good_context;
  response.Clear();
  const grpc::Status status =
      kit.admin->ApplyDefinitions(&good_context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(response.applied());
  EXPECT_EQ(response.changes_size(), 1);
}

TEST(AdminTest, SetsTheSimulatedClock) {
  DaemonKit kit;
  grpc::ClientContext context;
  v1::SetClockRequest request;
  request.set_now_micros(kNow + 5'000 * kSecond);
  v1::SetClockResponse response;

  ASSERT_TRUE(kit.admin->SetClock(&context, request, &response).ok());

  EXPECT_GE(response.now_micros(), kNow + 5'000 * kSecond);
  EXPECT_LT(response.now_micros(), kNow + 6'000 * kSecond);
}

TEST(AdminTest, StatusNamesPortsSettingsAndWhatIsMissing) {
  DaemonKit kit("  limits: {keys_max: 77}\n");
  grpc::ClientContext context;
  v1::DaemonStatus status;

  ASSERT_TRUE(kit.admin->GetStatus(&context, {}, &status).ok());

  EXPECT_FALSE(status.ready());
  EXPECT_THAT(status.not_ready(0), HasSubstr("critical view 'user'"));
  EXPECT_EQ(status.data_address(), kit.address(kit.daemon->ports().data));
  EXPECT_TRUE(status.simulated_clock());
  EXPECT_THAT(status.settings(), Contains("limits.keys_max = 77 (set)"));
  EXPECT_THAT(status.settings(),
              Contains(HasSubstr("derived from the machine")));
  EXPECT_EQ(status.views_size(), 3);
}

TEST(HealthTest, AnswersForTheDaemonAndForEachViewOnBothPorts) {
  using Response = health::HealthCheckResponse;
  DaemonKit kit;
  const Ports ports = kit.daemon->ports();
  EXPECT_EQ(Check(kit, ports.data, ""), Response::NOT_SERVING);

  kit.Load("user", {{{Value(std::string("a"))}, kNow, {}}});

  for (const int port : {ports.data, ports.admin}) {
    EXPECT_EQ(Check(kit, port, ""), Response::SERVING);
    EXPECT_EQ(Check(kit, port, "freshet.view.user"), Response::SERVING);
    EXPECT_EQ(Check(kit, port, "freshet.view.item"), Response::NOT_SERVING);
    EXPECT_EQ(Check(kit, port, "freshet.view.x"), Response::SERVICE_UNKNOWN);
  }
}

TEST(HealthTest, AWatchSeesAViewBecomeServing) {
  using Response = health::HealthCheckResponse;
  DaemonKit kit;
  const auto stub =
      health::Health::NewStub(kit.Channel(kit.daemon->ports().admin));
  grpc::ClientContext context;
  health::HealthCheckRequest request;
  request.set_service("freshet.view.item");
  const auto watch = stub->Watch(&context, request);
  Response response;
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), Response::NOT_SERVING);

  kit.Load("item", Item(1));

  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), Response::SERVING);
  kit.daemon->Drain();
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), Response::NOT_SERVING);
  EXPECT_FALSE(watch->Read(&response));
}

TEST(HealthTest, EightReadsThatAreStuckHoldNothingElseUp) {
  DaemonKit kit;
  kit.Load("item", ManyItems(1));
  kit.Load("item", ManyItems(2));
  ASSERT_TRUE(ArmFailpoints("server.read=8*sleep:8000").ok());
  const auto stub = kit.online.get();
  grpc::CompletionQueue queue;
  struct Call {
    grpc::ClientContext context;
    v1::GetFeaturesResponse response;
    grpc::Status status;
    std::unique_ptr<grpc::ClientAsyncResponseReader<v1::GetFeaturesResponse>>
        reader;
  };
  std::vector<Call> calls(8);
  for (Call& call : calls) {
    gpr_timespec deadline = gpr_time_add(
        gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_seconds(30, GPR_TIMESPAN));
    call.context.set_deadline(deadline);
    call.reader = stub->AsyncGetFeatures(&call.context,
                                         Ask("items", {}, {kColdItem}), &queue);
    call.reader->Finish(&call.response, &call.status, &call);
  }

  Check(kit, kit.daemon->ports().data, "");
  grpc::ClientContext context;
  v1::RollbackRequest request;
  request.set_view("item");
  v1::VersionState state;
  ASSERT_TRUE(kit.admin->RollbackView(&context, request, &state).ok());

  // Not one of the stuck reads is back.
  void* tag = nullptr;
  bool ok = false;
  ASSERT_EQ(queue.AsyncNext(&tag, &ok, gpr_time_0(GPR_CLOCK_MONOTONIC)),
            grpc::CompletionQueue::TIMEOUT);
  for (size_t i = 0; i < calls.size(); ++i) ASSERT_TRUE(queue.Next(&tag, &ok));
  for (const Call& call : calls) {
    EXPECT_TRUE(call.status.ok()) << call.status.error_message();
    EXPECT_EQ(call.response.versions(0).version(), 2);
  }
  ASSERT_TRUE(ArmFailpoints("").ok());
}

}  // namespace
}  // namespace freshet
