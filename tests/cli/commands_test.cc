// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "tests/cli/cli_fixture.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(CliUsageTest, NoCommandIsAUsageError) {
  const CliResult result = RunFreshet({});
  EXPECT_EQ(result.code, kUsage);
  EXPECT_THAT(result.err, HasSubstr("subcommand is required"));
}

TEST(CliUsageTest, HelpNamesEveryCommand) {
  const CliResult result = RunFreshet({"--help"});
  EXPECT_EQ(result.code, kOk);
  for (const char* command :
       {"check",       "apply",    "schema",    "load",       "loads",
        "watch",       "cancel",   "get",       "views",      "versions",
        "describe",    "activate", "rollback",  "pin",        "unpin",
        "label",       "approve",  "reject",    "delete",     "status",
        "definitions", "reload",   "set-clock", "completion", "version"}) {
    EXPECT_THAT(result.out, HasSubstr(std::string("  ") + command + " "));
  }
}

TEST(CliUsageTest, NoDaemonSaysWhereItLookedAndHowToStartOne) {
  // Port 1 on loopback: nothing listens there.
  const CliResult result =
      RunFreshet({"--admin", "127.0.0.1:1", "--timeout", "5", "views"});
  EXPECT_EQ(result.code, kUnreachable);
  EXPECT_THAT(result.err, HasSubstr("No daemon answers at 127.0.0.1:1"));
  EXPECT_THAT(result.err, HasSubstr("freshetd --config FILE"));
}

TEST(CliUsageTest, CompletionKnowsCommandsAndTheirOptions) {
  const CliResult result = RunFreshet({"completion", "bash"});
  EXPECT_EQ(result.code, kOk);
  EXPECT_THAT(result.out, HasSubstr("rollback"));
  EXPECT_THAT(result.out, HasSubstr("--no-activate"));
}

v1::VersionState Current(int64_t version) {
  v1::VersionState state;
  state.set_view("plane");
  state.set_version(version);
  state.set_phase(v1::VERSION_PHASE_CURRENT);
  state.set_rows(3322);
  state.set_as_of_micros(1388448000000000);
  return state;
}

TEST_F(CliTest, RollbackSaysWhichVersionServes) {
  daemon_.Answer("RollbackView", Current(6));
  const CliResult result = Run({"rollback", "plane"});
  EXPECT_EQ(result.code, kOk);
  EXPECT_EQ(result.out,
            "plane: version 6 is current (3,322 rows, as of "
            "2013-12-31T00:00:00Z)\n");
  EXPECT_THAT(daemon_.calls(), ElementsAre("RollbackView{view: \"plane\"}"));
}

TEST_F(CliTest, VersionCommandsCallWhatTheyName) {
  for (const char* method : {"ActivateVersion", "PinVersion", "SetLabel",
                             "ApproveVersion", "DeleteVersion"}) {
    daemon_.Answer(method, Current(2));
  }
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"activate", "plane", "2"},
                                             {"pin", "plane", "2"},
                                             {"unpin", "plane", "2"},
                                             {"label", "plane", "canary", "2"},
                                             {"approve", "plane", "2"},
                                             {"reject", "plane", "2"},
                                             {"delete", "plane", "2"}}) {
    EXPECT_EQ(Run(words).code, kOk) << words[0];
  }
  EXPECT_THAT(
      daemon_.calls(),
      ElementsAre("ActivateVersion{view: \"plane\" version: 2}",
                  "PinVersion{view: \"plane\" version: 2}",
                  "PinVersion{view: \"plane\" version: 2 unpin: true}",
                  "SetLabel{view: \"plane\" label: \"canary\" version: 2}",
                  "ApproveVersion{view: \"plane\" version: 2}",
                  "ApproveVersion{view: \"plane\" version: 2 reject: true}",
                  "DeleteVersion{view: \"plane\" version: 2}"));
}

TEST_F(CliTest, ARefusalIsPrintedAndFails) {
  daemon_.Refuse("ActivateVersion", {grpc::StatusCode::NOT_FOUND,
                                     "view 'plane' has no version 9"});
  const CliResult result = Run({"activate", "plane", "9"});
  EXPECT_EQ(result.code, kFailed);
  EXPECT_EQ(result.err, "freshet: view 'plane' has no version 9\n");
  EXPECT_EQ(result.out, "");
}

TEST_F(CliTest, ViewsAreATable) {
  v1::ListViewsResponse reply;
  v1::ViewState* view = reply.add_views();
  view->set_name("plane");
  view->add_join_keys("tailnum");
  view->set_features(4);
  view->set_version(7);
  view->set_rows(3322);
  view->set_bytes(1536);
  view->set_age_seconds(90);
  view->set_owner("ops");
  reply.add_views()->set_name("route");
  daemon_.Answer("ListViews", reply);

  EXPECT_EQ(
      Run({"views"}).out,
      "VIEW   KEYS     FEATURES  VERSION   ROWS  SIZE     AGE         LIMIT  "
      "KEPT  OWNER  MESSAGE\n"
      "plane  tailnum         4        7  3,322  1.5 KiB  1 min 30 s      -"
      "     0  ops\n"
      "route                  0        -      0  0 B      -               -"
      "     0\n");
  EXPECT_THAT(Run({"--json", "views"}).out, HasSubstr("\"rows\":\"3322\""));
}

TEST_F(CliTest, StatusFailsWhileNotReadyAndSaysWhy) {
  v1::DaemonStatus status;
  status.set_version("0.1.0");
  status.add_not_ready("view 'plane' has no version yet");
  daemon_.Answer("GetStatus", status);
  const CliResult result = Run({"status"});
  EXPECT_EQ(result.code, kFailed);
  EXPECT_THAT(result.out, HasSubstr("NOT READY\n  view 'plane' has no"));
}

TEST_F(CliTest, SetClockReadsADate) {
  v1::SetClockResponse reply;
  reply.set_now_micros(1388448000000000);
  daemon_.Answer("SetClock", reply);
  EXPECT_EQ(Run({"set-clock", "2013-12-31"}).out,
            "The daemon's clock is at 2013-12-31T00:00:00Z.\n");
  EXPECT_EQ(Run({"set-clock", "yesterday"}).code, kUsage);
  EXPECT_THAT(daemon_.calls(),
              ElementsAre("SetClock{now_micros: 1388448000000000}"));
}

v1::LoadJob Job(v1::LoadPhase phase) {
  v1::LoadJob job;
  job.set_id("load-1");
  job.set_view("plane");
  job.set_phase(phase);
  job.set_eta_seconds(-1);
  job.set_rows(1000);
  return job;
}

TEST_F(CliTest, LoadFollowsTheJobToItsEnd) {
  daemon_.Answer("LoadSnapshot", Job(v1::LOAD_PHASE_QUEUED));
  daemon_.Answer("WatchLoad", Job(v1::LOAD_PHASE_READING));
  v1::LoadJob done = Job(v1::LOAD_PHASE_DONE);
  done.set_outcome(v1::LOAD_OUTCOME_ACTIVE);
  done.set_version(3);
  done.set_started_micros(1);
  done.set_ended_micros(2'000'001);
  daemon_.Answer("WatchLoad", done);

  const CliResult result =
      Run({"load", "plane", "/snapshots/plane", "--key", "run-7"});

  EXPECT_EQ(result.code, kOk) << result.err;
  EXPECT_EQ(result.out,
            "plane: reading (1,000 rows)\n"
            "plane: version 3 serves, 1,000 rows in 2.0 s\n");
  EXPECT_EQ(daemon_.calls()[0],
            "LoadSnapshot{view: \"plane\" path: \"/snapshots/plane\" "
            "idempotency_key: \"run-7\"}");
}

TEST_F(CliTest, AHeldLoadHasAnExitCodeOfItsOwn) {
  daemon_.Answer("LoadSnapshot", Job(v1::LOAD_PHASE_QUEUED));
  v1::LoadJob held = Job(v1::LOAD_PHASE_DONE);
  held.set_outcome(v1::LOAD_OUTCOME_PENDING_APPROVAL);
  held.set_message("10 rows, at least 500 wanted");
  daemon_.Answer("WatchLoad", held);
  const CliResult result = Run({"load", "plane"});
  EXPECT_EQ(result.code, kHeld);
  EXPECT_THAT(result.err, HasSubstr("10 rows, at least 500 wanted"));
}

TEST_F(CliTest, AFailedLoadSaysWhy) {
  daemon_.Answer("LoadSnapshot", Job(v1::LOAD_PHASE_QUEUED));
  v1::LoadJob failed = Job(v1::LOAD_PHASE_FAILED);
  failed.set_message("column 'age' is missing");
  daemon_.Answer("WatchLoad", failed);
  const CliResult result = Run({"load", "plane"});
  EXPECT_EQ(result.code, kFailed);
  EXPECT_EQ(result.err,
            "freshet: load 'load-1' of view 'plane' failed: column 'age' is "
            "missing\n");
}

}  // namespace
}  // namespace freshet
