// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "base/file.h"
#include "server/process/sizing.h"
#include "server/reload.h"
#include "tests/server/daemon_kit.h"

namespace freshet {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;

std::string Message(const absl::Status& status) {
  return std::string(status.message());
}

// The kit's definitions with one more service, `more` of item.price.
std::string MoreDefinitions() {
  return std::string(kDefinitions) +
         "  - {name: more, features: [item.price]}\n";
}

void ReplaceIn(const std::string& path, std::string_view from,
               std::string_view to) {
  std::string text = ReadFile(path).value();
  text.replace(text.find(from), from.size(), to);
  ASSERT_TRUE(WriteFileSynced(path, text).ok());
}

TEST(DaemonTest, AnotherOnTheSameDirectoryIsToldWhoHoldsIt) {
  DaemonKit kit;

  const absl::Status status = kit.StartAnother({});

  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(Message(status), HasSubstr(std::to_string(::getpid())));
}

TEST(DaemonTest, AnotherOnTheSamePortIsToldAndTouchesNothing) {
  DaemonKit kit;
  const Ports ports = kit.daemon->ports();
  for (const auto& [name, port] :
       {std::pair("data", ports.data), std::pair("admin", ports.admin),
        std::pair("http", ports.http)}) {
    const absl::Status status =
        kit.StartAnother({"storage.directory=other",
                          fmt::format("listen.{}=127.0.0.1:{}", name, port)});

    EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists) << name;
    EXPECT_THAT(Message(status),
                AllOf(HasSubstr(fmt::format("127.0.0.1:{}' is taken", port)),
                      HasSubstr(std::to_string(::getpid()))));
    EXPECT_FALSE(PathExists(kit.dir.File("other")));
  }
}

TEST(DaemonTest, AWrongOverrideIsRefusedByTheFilesRules) {
  DaemonKit kit;

  const absl::Status status = kit.StartAnother({"limits.keys_mx=3"});

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Message(status),
              AllOf(HasSubstr("--set"), HasSubstr("keys_max")));
}

TEST(DaemonTest, PortsAreWrittenDown) {
  DaemonKit kit;

  const auto text = ReadFile(kit.dir.File("store/ports.json"));

  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(*text,
            fmt::format("{{\"data\":{},\"admin\":{},\"http\":{},"
                        "\"pid\":{}}}\n",
                        kit.daemon->ports().data, kit.daemon->ports().admin,
                        kit.daemon->ports().http, ::getpid()));
}

TEST(DaemonTest, AReloadChangesLimitsAndSaysWhatNeedsARestart) {
  DaemonKit kit;
  kit.WriteConfig(
      "  limits: {keys_max: 2, request_max: 8MiB}\n  drain_delay: 1ms\n"
      "  log: {format: json}\n");

  const auto messages = kit.daemon->Reload();

  ASSERT_TRUE(messages.ok()) << messages.status();
  EXPECT_THAT(*messages, Contains("limits.keys_max: '4096' becomes '2'"));
  EXPECT_THAT(*messages, Contains("log.format: 'text' becomes 'json', which "
                                  "needs a restart"));
  EXPECT_THAT(*messages, Contains("limits.request_max: '1MiB' becomes '8MiB', "
                                  "which needs a restart"));
  v1::GetFeaturesResponse response;
  EXPECT_EQ(kit.Get(Ask("items", {}, {1, 2, 3}), &response).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(kit.Http("/metrics").second,
              HasSubstr("freshet_config_last_reload_successful 1\n"));
}

TEST(DaemonTest, ASettingThatWaitsForARestartIsNamedByEachReload) {
  DaemonKit kit;
  kit.WriteConfig("  log: {format: json}\n");
  ASSERT_TRUE(kit.daemon->Reload().ok());

  const auto again = kit.daemon->Reload();

  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_THAT(*again, Contains("log.format: 'text' becomes 'json', which needs "
                               "a restart"));
}

TEST(DaemonTest, AReloadThatDoesNotFitTheMachineChangesNothingAndFails) {
  DaemonKit kit;
  kit.WriteConfig("  limits: {keys_max: 2}\n", MoreDefinitions());
  ReplaceIn(kit.config_path, "block_cache: 32MiB", "block_cache: 1TiB");

  const auto messages = kit.daemon->Reload();

  EXPECT_EQ(messages.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Message(messages.status()), HasSubstr("is too small"));
  v1::GetFeaturesResponse response;
  EXPECT_TRUE(kit.Get(Ask("items", {}, {1, 2, 3}), &response).ok());
  EXPECT_EQ(kit.Get(Ask("more", {}, {1}), &response).error_code(),
            grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(kit.Http("/metrics").second,
              HasSubstr("freshet_config_last_reload_successful 0\n"));
}

TEST(DaemonTest, AReloadOfWhatIsNoFileFailsAtOnce) {
  DaemonKit kit;
  ASSERT_EQ(::unlink(kit.config_path.c_str()), 0);
  ASSERT_EQ(::mkfifo(kit.config_path.c_str(), 0600), 0);

  const auto messages = kit.daemon->Reload();

  EXPECT_EQ(messages.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Message(messages.status()), HasSubstr("is not a regular file"));
}

TEST(DaemonTest, StatusShowsTheSettingsThatHoldAfterAReload) {
  DaemonKit kit;
  kit.WriteConfig("  limits: {keys_max: 2}\n  log: {format: json}\n");
  ASSERT_TRUE(kit.daemon->Reload().ok());
  grpc::ClientContext context;
  v1::DaemonStatus status;

  ASSERT_TRUE(kit.admin->GetStatus(&context, {}, &status).ok());

  EXPECT_THAT(status.settings(), Contains("limits.keys_max = 2 (set)"));
  // It needs a restart.
  EXPECT_THAT(status.settings(), Contains("log.format = text (default)"));
}

TEST(DaemonTest, AReloadedDrainDelayIsTheOneThatDrainingWaits) {
  DaemonKit kit("  drain_delay: 24h\n");
  kit.WriteConfig("  drain_delay: 0\n");
  ASSERT_TRUE(kit.daemon->Reload().ok());

  kit.daemon->Drain();  // Or the test runs into its time limit.

  v1::GetFeaturesResponse response;
  EXPECT_EQ(kit.Get(Ask("items", {}, {1}), &response).error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

TEST(ReloadTest, WhatAReloadTakesOverIsWhatIsCalledReloadable) {
  Settings file;
  file.listen = {"a:1", "b:2", "c:3", 1, 2, true};
  file.limits = {1, 2, 3, 4, 5};
  file.storage = {"elsewhere", 1, 2, 3, 4, 5, 6};
  file.load = {"loader", {"root"},
               "there",  1,
               2,        3,
               4,        5,
               6,        7,
               8,        9,
               10,       {"https://store", "region", "ca.pem", true, 1, 2}};
  file.event_export = {"events", 1, 2, 3};
  file.log = {"error", "json", 1};
  file.clock = {"2023-11-14T22:13:20Z"};
  file.drain_delay_ms = 1;
  file.drain_deadline_ms = 2;
  const auto before = ListSettings(Settings());
  const auto after = ListSettings(WithReloadable(Settings(), file));
  const auto asked = ListSettings(file);

  for (size_t i = 0; i < before.size(); ++i) {
    ASSERT_NE(asked[i].value, before[i].value) << asked[i].name;
    EXPECT_EQ(after[i].value,
              IsReloadable(after[i].name) ? asked[i].value : before[i].value)
        << after[i].name;
  }
}

TEST(DaemonTest, ABrokenFileChangesNothingAndIsSeenInTheMetrics) {
  DaemonKit kit;
  kit.WriteConfig("  limits: {keys_max: many}\n");

  const auto messages = kit.daemon->Reload();

  EXPECT_EQ(messages.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Message(messages.status()), HasSubstr("freshet.yaml:"));
  v1::GetFeaturesResponse response;
  EXPECT_TRUE(kit.Get(Ask("items", {}, {1, 2, 3}), &response).ok());
  EXPECT_THAT(kit.Http("/metrics").second,
              HasSubstr("freshet_config_last_reload_successful 0\n"));
}

TEST(DaemonTest, AReloadAppliesDefinitionsThatChangedInTheFile) {
  DaemonKit kit;
  kit.WriteConfig("", MoreDefinitions());

  ASSERT_TRUE(kit.daemon->Reload().ok());

  v1::GetFeaturesResponse response;
  EXPECT_TRUE(kit.Get(Ask("more", {}, {1}), &response).ok());
}

TEST(DaemonTest, AFileThatMayNotBeAppliedDoesNotKeepADaemonDown) {
  DaemonKit kit;
  kit.daemon.reset();
  // Removes every view, which a file alone may not.
  kit.WriteConfig("", "project: kit\nentities: []\n");

  EXPECT_TRUE(kit.StartAnother({}).ok());
}

TEST(DaemonTest, AfterDrainingCallsAreRefused) {
  DaemonKit kit;
  v1::GetFeaturesResponse response;
  ASSERT_TRUE(kit.Get(Ask("items", {}, {1}), &response).ok());

  kit.daemon->Drain();

  EXPECT_EQ(kit.Get(Ask("items", {}, {1}), &response).error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

TEST(DaemonTest, NoLoadBeginsWhileDraining) {
  DaemonKit kit("  drain_delay: 2s\n");
  std::thread drain([&] { kit.daemon->Drain(); });
  v1::LoadSnapshotRequest request;
  request.set_view("user");

  grpc::Status status;
  do {
    grpc::ClientContext context;
    v1::LoadJob job;
    status = kit.admin->LoadSnapshot(&context, request, &job);
    // Before: the kit has no folder to load from.
  } while (status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);

  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("is being stopped"));
  drain.join();
}

TEST(DaemonTest, ReflectionIsOnTheAdminPortOnly) {
  DaemonKit kit;
  for (const auto& [port, wanted] :
       {std::pair(kit.daemon->ports().data, grpc::StatusCode::UNIMPLEMENTED),
        std::pair(kit.daemon->ports().admin, grpc::StatusCode::OK)}) {
    grpc::GenericStub stub(kit.Channel(port));
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    auto call = stub.PrepareCall(
        &context,
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        &queue);
    void* tag = nullptr;
    bool ok = false;
    call->StartCall(nullptr);
    ASSERT_TRUE(queue.Next(&tag, &ok));
    call->WritesDone(nullptr);
    ASSERT_TRUE(queue.Next(&tag, &ok));
    grpc::Status status;
    call->Finish(&status, nullptr);
    ASSERT_TRUE(queue.Next(&tag, &ok));
    EXPECT_EQ(status.error_code(), wanted) << status.error_message();
  }
}

}  // namespace
}  // namespace freshet
