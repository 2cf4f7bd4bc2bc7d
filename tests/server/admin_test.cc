// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/failpoint.h"
#include "tests/server/daemon_kit.h"

namespace freshet {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
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

TEST(AdminTest, DescribesTheValuesOfAVersion) {
  DaemonKit kit;
  kit.Load("user", {{{Value(std::string("a"))}, kNow, {}}});
  v1::VersionRequest request;
  request.set_view("user");
  v1::VersionDescription description;
  const auto ask = [&](int64_t version) {
    grpc::ClientContext context;
    request.set_version(version);
    return kit.admin->DescribeVersion(&context, request, &description);
  };
  ASSERT_TRUE(ask(0).ok());
  EXPECT_EQ(description.state().version(), 1);
  EXPECT_EQ(description.state().phase(), v1::VERSION_PHASE_CURRENT);
  ASSERT_EQ(description.features_size(), 3);
  EXPECT_EQ(description.features(0).measure(), "value");
  EXPECT_EQ(description.features(0).nulls(), 1);
  EXPECT_EQ(description.features(0).distinct(), 0);
  ASSERT_TRUE(ask(1).ok());

  const grpc::Status status = ask(2);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(status.error_message(), HasSubstr("no version 2"));
}

// docs/semantics.md, rule 36: what is said of a view is there to be asked for.
TEST(AdminTest, DescribesWhatAViewAndItsFeaturesAreSaidToBe) {
  DaemonKit kit;
  v1::ApplyDefinitionsRequest apply;
  apply.set_definitions(
      "project: x\n"
      "entities: [{name: e, join_keys: [{name: k, type: int64}]}]\n"
      "batch_feature_views:\n"
      "  - name: v\n"
      "    entities: [e]\n"
      "    source: {path: s}\n"
      "    owner: ops\n"
      "    description: All of it.\n"
      "    tags: {team: shop}\n"
      "    freshness: 36h\n"
      "    pii: true\n"
      "    critical: true\n"
      "    features:\n"
      "      - {name: mail, type: string, pii: true, tags: {kind: contact}}\n"
      "      - {name: n, type: int64}\n");
  apply.set_allow_delete(true);
  grpc::ClientContext apply_context;
  v1::ApplyDefinitionsResponse applied;
  ASSERT_TRUE(
      kit.admin->ApplyDefinitions(&apply_context, apply, &applied).ok());
  grpc::ClientContext context;
  v1::DescribeViewRequest request;
  request.set_view("v");
  v1::ViewDescription view;
  ASSERT_TRUE(kit.admin->DescribeView(&context, request, &view).ok());

  EXPECT_EQ(view.state().owner(), "ops");
  EXPECT_EQ(view.description(), "All of it.");
  EXPECT_EQ(view.tags().at("team"), "shop");
  EXPECT_EQ(view.state().freshness_seconds(), 36 * 3600);
  EXPECT_TRUE(view.pii());
  EXPECT_TRUE(view.critical());
  EXPECT_TRUE(view.features(0).pii());
  EXPECT_EQ(view.features(0).tags().at("kind"), "contact");
  EXPECT_FALSE(view.features(1).pii());
  EXPECT_TRUE(view.features(1).tags().empty());
}

TEST(AdminTest, ANameLikeNoOtherIsToldWhereNamesAre) {
  DaemonKit kit;
  grpc::ClientContext versions_context;
  v1::ListVersionsRequest versions;
  versions.set_view("frobnicate");
  v1::ListVersionsResponse listed;
  EXPECT_THAT(kit.admin->ListVersions(&versions_context, versions, &listed)
                  .error_message(),
              HasSubstr("there is no view 'frobnicate'; `freshet views` lists "
                        "those there are"));
  v1::ListLoadsResponse loads;
  for (const char* view : {"itme", "item", ""}) {
    grpc::ClientContext context;
    v1::ListLoadsRequest request;
    request.set_view(view);
    const grpc::Status status = kit.admin->ListLoads(&context, request, &loads);
    if (std::string(view) == "itme") {
      EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
      EXPECT_THAT(status.error_message(), HasSubstr("nearest: 'item'"));
    } else {
      EXPECT_TRUE(status.ok()) << view << status.error_message();
    }
  }
}

TEST(AdminTest, ALabelThatGoesIsAnsweredWithTheVersionThatHadIt) {
  DaemonKit kit;
  kit.Load("item", Item(1));
  kit.Load("item", Item(2));
  v1::VersionState state;
  for (const int64_t version : {1, 0}) {
    grpc::ClientContext context;
    v1::SetLabelRequest request;
    request.set_view("item");
    request.set_label("canary");
    request.set_version(version);
    const grpc::Status status = kit.admin->SetLabel(&context, request, &state);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(state.version(), 1);
    EXPECT_EQ(state.phase(), v1::VERSION_PHASE_KEPT);
    EXPECT_EQ(state.labels_size(), version == 0 ? 0 : 1);
  }
}

TEST(AdminTest, APlanSaysWhatItDeletesAndIsTiedToWhatItWasMadeAgainst) {
  DaemonKit kit;
  v1::ApplyDefinitionsRequest request;
  request.set_definitions("project: x\n");
  request.set_dry_run(true);
  request.set_allow_delete(true);
  v1::ApplyDefinitionsResponse plan;
  grpc::ClientContext plan_context;
  ASSERT_TRUE(kit.admin->ApplyDefinitions(&plan_context, request, &plan).ok());
  EXPECT_EQ(plan.deletions_size(), 5);  // Three views and two services.

  request.set_dry_run(false);
  request.set_expected_hash("00000000000000aa");
  v1::ApplyDefinitionsResponse response;
  grpc::ClientContext late_context;
  const grpc::Status late =
      kit.admin->ApplyDefinitions(&late_context, request, &response);
  EXPECT_EQ(late.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_THAT(late.error_message(), HasSubstr("00000000000000aa"));
  EXPECT_THAT(late.error_message(), HasSubstr(plan.base_hash()));
  request.set_expected_hash(plan.base_hash());
  grpc::ClientContext context;
  const grpc::Status status =
      kit.admin->ApplyDefinitions(&context, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
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

TEST(AdminTest, AFileOfProtobufIsLookedIntoBeforeItIsApplied) {
  DaemonKit kit;
  grpc::ClientContext context;
  v1::ApplyDefinitionsRequest request;
  request.set_source_name("my.yaml");
  request.set_definitions(std::string(kDefinitions) + R"yaml(stream_sources:
  - name: payments
    fields: [{name: at, type: timestamp}]
    timestamp_field: at
    kafka:
      brokers: ["b:1"]
      topics: [t]
      format: protobuf
      message: Payment
      schema: message Payment { optional int64 at 1; }
)yaml");
  v1::ApplyDefinitionsResponse response;
  ASSERT_TRUE(kit.admin->ApplyDefinitions(&context, request, &response).ok());
  EXPECT_FALSE(response.applied());
  ASSERT_EQ(response.problems_size(), 1);
  EXPECT_THAT(response.problems(0),
              HasSubstr("source 'payments', schema: line 1, column 37: "));
}

TEST(AdminTest, Rule26DescribesWhereWindowsBegin) {
  DaemonKit kit;
  grpc::ClientContext context;
  v1::ApplyDefinitionsRequest request;
  request.set_source_name("my.yaml");
  request.set_definitions(std::string(kDefinitions) + R"yaml(stream_sources:
  - name: payments
    fields: [{name: id, type: string}, {name: at, type: timestamp}]
    timestamp_field: at
    single_node: true
stream_feature_views:
  - name: paid
    entities: [user]
    source: payments
    columns: {user_id: id}
    duplicates: counted
    since: 2026-01-01T00:00:00Z
    aggregations:
      - {functions: [count], windows: [1h, lifetime]}
      - {functions: [count], windows: [10s], window_mode: exact}
      - {functions: [count], series: {window: 1h, count: 24}}
      - {functions: [count], windows: [1h], by: id, max_groups: 7}
)yaml");
  v1::ApplyDefinitionsResponse response;
  ASSERT_TRUE(kit.admin->ApplyDefinitions(&context, request, &response).ok());
  ASSERT_TRUE(response.applied()) << response.DebugString();
  grpc::ClientContext describe_context;
  v1::DescribeViewRequest describe;
  describe.set_view("paid");
  v1::ViewDescription view;
  ASSERT_TRUE(kit.admin->DescribeView(&describe_context, describe, &view).ok());
  std::vector<std::string> windows;
  for (const auto& feature : view.features()) {
    const v1::FeatureWindow& window = feature.window();
    windows.push_back(fmt::format("{} {} {} {} '{}' {}", feature.name(),
                                  window.length_micros() / kSecond,
                                  window.hop_micros() / kSecond, window.count(),
                                  window.by(), window.max_groups()));
  }
  EXPECT_THAT(
      windows,
      ElementsAre("count_1h 3600 60 1 '' 0", "count_lifetime 0 0 1 '' 0",
                  "count_10s 10 0 1 '' 0", "count_1h_x24 3600 60 24 '' 0",
                  "count_1h_by_id 3600 60 1 'id' 7",
                  "keys_1h_by_id 3600 60 1 'id' 7"));
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

  grpc::ClientContext hold_context;
  request.set_hold(true);
  ASSERT_TRUE(kit.admin->SetClock(&hold_context, request, &response).ok());
  grpc::ClientContext status_context;
  v1::DaemonStatus status;
  ASSERT_TRUE(kit.admin->GetStatus(&status_context, {}, &status).ok());
  EXPECT_EQ(status.now_micros(), kNow + 5'000 * kSecond);
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
