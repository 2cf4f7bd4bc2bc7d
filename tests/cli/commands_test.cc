// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "tests/cli/cli_fixture.h"

namespace freshet {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(CliUsageTest, NoCommandIsAUsageError) {
  const CliResult result = RunFreshet({});
  EXPECT_EQ(result.code, kUsage);
  EXPECT_EQ(result.err,
            "freshet: say what to do: a command, such as `freshet status`\n"
            "See `freshet --help`.\n");
}

TEST(CliUsageTest, AWordThatIsNoCommandIsToldTheNearest) {
  const CliResult near = RunFreshet({"--timeout", "1", "vews", "user_orders"});
  EXPECT_EQ(near.code, kUsage);
  EXPECT_EQ(near.err,
            "freshet: there is no command 'vews'; did you mean 'views'?\n"
            "See `freshet --help`.\n");
  EXPECT_EQ(RunFreshet({"frobnicate"}).err,
            "freshet: there is no command 'frobnicate'\n"
            "See `freshet --help`.\n");
  // A command's own lack is still CLI11's to say.
  EXPECT_EQ(RunFreshet({"versions"}).err,
            "freshet: view is required\nSee `freshet --help`.\n");
}

TEST(CliUsageTest, AnOptionThatThereIsNotIsNamed) {
  EXPECT_EQ(RunFreshet({"--bogus"}).err,
            "freshet: there is no option '--bogus'\nSee `freshet --help`.\n");
}

TEST(CliUsageTest, AVersionThatIsNoNumberIsAUsageError) {
  for (const char* version : {"x", "", "-1", "99999999999999999999"}) {
    const CliResult result = RunFreshet({"activate", "view", "--", version});
    EXPECT_EQ(result.code, kUsage) << version;
    EXPECT_THAT(result.err, HasSubstr("takes a number, as `freshet versions`"));
  }
}

TEST(CliUsageTest, OutputThatCannotBeWrittenIsAFailure) {
  Terminal terminal{.in = fopen("/dev/null", "r"),
                    .out = fopen("/dev/full", "w"),
                    .err = fopen("/dev/null", "w")};
  // A short answer, which fits in the stream's buffer, and a long one.
  for (const char* command : {"version", "schema"}) {
    const char* argv[] = {"freshet", command};
    EXPECT_EQ(RunCli(2, argv, terminal), kFailed) << command;
  }
  std::fclose(terminal.in);
  std::fclose(terminal.out);
  std::fclose(terminal.err);
}

TEST(CliUsageTest, AnAddressOrATimeThatIsNoneIsAUsageError) {
  for (const char* option : {"--admin", "--data"}) {
    for (const char* address : {"", "localhost"}) {
      const CliResult result = RunFreshet({option, address, "views"});
      EXPECT_EQ(result.code, kUsage);
      EXPECT_THAT(result.err, HasSubstr(std::string(option) +
                                        ": takes HOST:PORT, such as "
                                        "127.0.0.1:7601, not '" +
                                        address + "'"));
    }
  }
  for (const char* time : {"-5", "nan", "inf", "1e10", "5s", ""}) {
    const CliResult result = RunFreshet({"--timeout", time, "version"});
    EXPECT_EQ(result.code, kUsage) << time;
    EXPECT_THAT(result.err, HasSubstr("takes seconds, 0 (for ever) to"));
  }
  EXPECT_EQ(RunFreshet({"--timeout", "0", "version"}).code, kOk);
}

TEST(CliUsageTest, HelpNamesEveryCommand) {
  const CliResult result = RunFreshet({"--help"});
  EXPECT_EQ(result.code, kOk);
  for (const char* command : {"check",
                              "apply",
                              "schema",
                              "load",
                              "loads",
                              "watch",
                              "cancel",
                              "notify",
                              "get",
                              "views",
                              "versions",
                              "describe",
                              "diff",
                              "activate",
                              "rollback",
                              "pin",
                              "unpin",
                              "label",
                              "approve",
                              "reject",
                              "delete",
                              "status",
                              "definitions",
                              "reload",
                              "set-clock",
                              "completion",
                              "version",
                              "import-dbt",
                              "activate-group",
                              "rollback-group",
                              "forget",
                              "pause",
                              "resume",
                              "seek",
                              "push"}) {
    EXPECT_THAT(result.out, HasSubstr(std::string("  ") + command + " "));
  }
}

TEST_F(CliTest, ADaemonThatLeavesMeanwhileIsUnreachable) {
  daemon_.Refuse("ListViews", {grpc::StatusCode::CANCELLED, "CANCELLED"});
  const CliResult result = Run({"views"});
  EXPECT_EQ(result.code, kUnreachable);
  EXPECT_THAT(result.err, HasSubstr("ended while it was asked"));
}

TEST(CliUsageTest, NoDaemonSaysWhereItLookedAndHowToStartOne) {
  // Port 1 on loopback: nothing listens there.
  const CliResult result =
      RunFreshet({"--admin", "127.0.0.1:1", "--timeout", "5", "views"});
  EXPECT_EQ(result.code, kUnreachable);
  EXPECT_THAT(result.err, HasSubstr("No daemon answers at 127.0.0.1:1, looked "
                                    "for as the admin port."));
  EXPECT_THAT(result.err, HasSubstr("freshetd --config FILE"));
}

TEST_F(CliTest, AClosedConnectionIsNoProofThatNoDaemonRuns) {
  daemon_.Refuse("ListViews", {grpc::StatusCode::UNAVAILABLE,
                               "last error: ipv4:127.0.0.1:1: Socket closed"});
  const CliResult result = Run({"views"});
  EXPECT_EQ(result.code, kUnreachable);
  EXPECT_THAT(result.err, HasSubstr("connections_per_peer_max"));
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
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"activate", "plane", "2"},
           {"activate", "plane", "2", "--now"},
           {"pin", "plane", "2"},
           {"unpin", "plane", "2"},
           {"label", "plane", "canary", "2"},
           {"approve", "plane", "2"},
           {"approve", "plane", "2", "--now"},
           {"reject", "plane", "2"},
           {"delete", "plane", "2"}}) {
    EXPECT_EQ(Run(words).code, kOk) << words[0];
  }
  EXPECT_THAT(
      daemon_.calls(),
      ElementsAre("ActivateVersion{view: \"plane\" version: 2}",
                  "ActivateVersion{view: \"plane\" version: 2 now: true}",
                  "PinVersion{view: \"plane\" version: 2}",
                  "PinVersion{view: \"plane\" version: 2 unpin: true}",
                  "SetLabel{view: \"plane\" label: \"canary\" version: 2}",
                  "ApproveVersion{view: \"plane\" version: 2}",
                  "ApproveVersion{view: \"plane\" version: 2 now: true}",
                  "ApproveVersion{view: \"plane\" version: 2 reject: true}",
                  "DeleteVersion{view: \"plane\" version: 2}"));
}

TEST_F(CliTest, GroupCommandsSayWhatServesInEachView) {
  v1::GroupState daily;
  daily.set_group("daily");
  daily.set_run("ds=2013-03-10");
  *daily.add_versions() = Current(6);
  daemon_.Answer("ActivateGroup", daily);
  daemon_.Answer("RollbackGroup", daily);
  const CliResult result = Run({"activate-group", "daily", "ds=2013-03-10"});
  EXPECT_EQ(result.code, kOk);
  EXPECT_EQ(result.out,
            "daily: run ds=2013-03-10 is current\n"
            "plane: version 6 is current (3,322 rows, as of "
            "2013-12-31T00:00:00Z)\n");
  EXPECT_EQ(Run({"rollback-group", "daily"}).out, result.out);
  EXPECT_THAT(Run({"--json", "rollback-group", "daily"}).out,
              HasSubstr("\"run\":\"ds=2013-03-10\""));
  EXPECT_THAT(
      daemon_.calls(),
      ElementsAre("ActivateGroup{group: \"daily\" run: \"ds=2013-03-10\"}",
                  "RollbackGroup{group: \"daily\"}",
                  "RollbackGroup{group: \"daily\"}"));
}

TEST_F(CliTest, WhatIsApprovedMayStillWaitForItsGroup) {
  v1::VersionState waits = Current(6);
  waits.set_phase(v1::VERSION_PHASE_KEPT);
  waits.set_waits_for_group(true);
  waits.set_message("waits for run 'day1' of snapshot group 'daily'");
  daemon_.Answer("ApproveVersion", waits);
  EXPECT_EQ(Run({"approve", "plane", "6"}).out,
            "plane: version 6 is waiting (3,322 rows, as of "
            "2013-12-31T00:00:00Z)\n"
            "waits for run 'day1' of snapshot group 'daily'\n");
}

TEST_F(CliTest, ARefusalIsPrintedAndFails) {
  daemon_.Refuse("ActivateVersion", {grpc::StatusCode::NOT_FOUND,
                                     "view 'plane' has no version 9"});
  const CliResult result = Run({"activate", "plane", "9"});
  EXPECT_EQ(result.code, kFailed);
  EXPECT_EQ(result.err, "freshet: view 'plane' has no version 9\n");
  EXPECT_EQ(result.out, "");
}

TEST_F(CliTest, ARefusalCannotDriveTheTerminal) {
  daemon_.Refuse("ActivateVersion",
                 {grpc::StatusCode::NOT_FOUND, "no view '\x1b[31mred'\nnext"});
  EXPECT_EQ(Run({"activate", "x", "9"}).err,
            "freshet: no view '\\x1b[31mred'\nnext\n");
}

TEST_F(CliTest, ALabelThatGoesIsSaidWithWhereItPointed) {
  daemon_.Answer("SetLabel", Current(5));
  EXPECT_EQ(Run({"label", "plane", "canary", "0"}).out,
            "plane: label 'canary' is removed; it pointed at version 5\n");
  EXPECT_THAT(Run({"--json", "label", "plane", "canary", "0"}).out,
              HasSubstr("\"version\":5,\"phase\":\"VERSION_PHASE_CURRENT\""));
}

TEST_F(CliTest, AVersionWithoutADataTimeShowsNone) {
  v1::ListVersionsResponse reply;
  auto* failed = reply.add_versions();
  failed->set_phase(v1::VERSION_PHASE_FAILED);
  auto* kept = reply.add_versions();
  kept->set_version(1);
  kept->set_phase(v1::VERSION_PHASE_KEPT);
  kept->set_built_micros(1388448000000000);
  daemon_.Answer("ListVersions", reply);
  EXPECT_THAT(Run({"versions", "plane"}).out,
              AllOf(ContainsRegex("failed +0 +0 B +- +- "),
                    ContainsRegex("kept +0 +0 B +1970-01-01T00:00:00Z +2013")));
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
  EXPECT_THAT(Run({"--json", "views"}).out, HasSubstr("\"rows\":3322,"));
}

TEST_F(CliTest, ViewsShowHowFarBehindTheyAreOnceOneExpectsSomething) {
  v1::ListViewsResponse reply;
  reply.add_views()->set_name("plane");
  v1::ViewState* user = reply.add_views();
  user->set_name("user");
  user->mutable_live_freshness()->set_behind_seconds(0.5);
  v1::StreamViewState* windows = reply.add_stream_views();
  windows->set_name("paid");
  windows->mutable_freshness()->set_expected_seconds(60);
  daemon_.Answer("ListViews", reply);
  std::string out = Run({"views"}).out;
  EXPECT_THAT(out, HasSubstr("KEPT  OWNER  MESSAGE\n"));
  EXPECT_THAT(out, ContainsRegex("EVENTS +BEHIND +EXPECTED +OWNER +MESSAGE\n"
                                 "paid .* \\? +1 min 0 s"));

  user->mutable_live_freshness()->set_expected_seconds(30);
  daemon_.Answer("ListViews", reply);
  out = Run({"views"}).out;
  EXPECT_THAT(out, ContainsRegex("KEPT +BEHIND +EXPECTED +OWNER +MESSAGE\n"
                                 "plane .* - +-\n"
                                 "user .* 500 ms +30 s\n"));
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

TEST_F(CliTest, StatusShowsTheTopicsOfSources) {
  v1::DaemonStatus status;
  status.set_ready(true);
  v1::StreamSourceState& log = *status.add_stream_sources();
  log.set_name("payments");
  log.add_topics("payments-log");
  log.set_partitions(6);
  v1::StreamSourceState& clicks = *status.add_stream_sources();
  clicks.set_name("clicks");
  clicks.add_topics("clicks");
  clicks.add_topics("clicks-eu");
  clicks.set_partitions(1);
  clicks.set_lag(1200);
  clicks.set_behind_seconds(-1);
  clicks.set_dead_letters(3);
  daemon_.Answer("GetStatus", status);
  const CliResult result = Run({"status"});
  EXPECT_THAT(result.out, HasSubstr("source payments: topic payments-log, 6 "
                                    "partitions, 0 records behind\n"
                                    "source clicks: topics clicks, clicks-eu, "
                                    "1 partition, 1,200 records behind, 3 dead "
                                    "letters\n"));
}

TEST_F(CliTest, SetClockReadsADate) {
  v1::SetClockResponse reply;
  reply.set_now_micros(1388448000000000);
  daemon_.Answer("SetClock", reply);
  EXPECT_EQ(Run({"set-clock", "2013-12-31"}).out,
            "The daemon's clock is at 2013-12-31T00:00:00Z.\n");
  EXPECT_EQ(Run({"--json", "set-clock", "2013-12-31"}).out,
            "{\"now_micros\":1388448000000000}\n");
  EXPECT_EQ(Run({"set-clock", "yesterday"}).code, kUsage);
  EXPECT_THAT(daemon_.calls(),
              Each(std::string("SetClock{now_micros: 1388448000000000}")));
}

}  // namespace
}  // namespace freshet
