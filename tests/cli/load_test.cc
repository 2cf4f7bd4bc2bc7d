// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <filesystem>

#include "tests/cli/cli_fixture.h"

namespace freshet {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

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

TEST_F(CliTest, ALoadThatItsKeyBeganBeforeSaysThatNothingWasLoaded) {
  v1::LoadJob done = Job(v1::LOAD_PHASE_DONE);
  done.set_outcome(v1::LOAD_OUTCOME_ACTIVE);
  done.set_version(3);
  done.set_idempotency_key("run-7");
  done.set_ended_micros(2'000'000);
  daemon_.Answer("LoadSnapshot", done);

  const CliResult result = Run({"load", "plane", "--key", "run-7"});

  EXPECT_EQ(result.code, kOk) << result.err;
  EXPECT_EQ(result.out,
            "plane: a load with the key 'run-7' ended at 1970-01-01T00:00:02Z "
            "and made version 3; nothing was loaded now. `freshet versions "
            "plane` shows what serves.\n");
}

TEST_F(CliTest, EmptyOptionsOfLoadAreUsageErrors) {
  for (const char* option : {"--key", "--as-of", "--label"}) {
    const CliResult result = Run({"load", "plane", option, ""});
    EXPECT_EQ(result.code, kUsage) << option;
    EXPECT_THAT(result.err, HasSubstr(std::string(option) + ": is empty"));
  }
  EXPECT_EQ(Run({"load", "plane", ""}).code, kUsage);
}

TEST_F(CliTest, ALoadThatWasToServeAndDoesNotSaysWhyAndIsHeld) {
  daemon_.Answer("LoadSnapshot", Job(v1::LOAD_PHASE_QUEUED));
  v1::LoadJob older = Job(v1::LOAD_PHASE_DONE);
  older.set_outcome(v1::LOAD_OUTCOME_LOADED);
  older.set_version(8);
  older.set_message(
      "not activated: its as_of is older; activate it by hand with: freshet "
      "activate plane 8");
  daemon_.Answer("WatchLoad", older);
  const std::string said =
      "freshet: version 8 of view 'plane' is loaded and does not serve: not "
      "activated: its as_of is older; activate it by hand with: freshet "
      "activate plane 8\n";
  const CliResult result = Run({"load", "plane"});
  EXPECT_EQ(result.code, kHeld);
  EXPECT_EQ(result.err, said);
  EXPECT_EQ(result.out, "");
  const CliResult json = Run({"--json", "watch", "load-1"});
  EXPECT_EQ(json.code, kHeld);
  EXPECT_EQ(json.err, said);
}

TEST_F(CliTest, ALoadThatWasNotToServeIsDone) {
  daemon_.Answer("LoadSnapshot", Job(v1::LOAD_PHASE_QUEUED));
  v1::LoadJob kept = Job(v1::LOAD_PHASE_DONE);
  kept.set_outcome(v1::LOAD_OUTCOME_LOADED);
  kept.set_version(8);
  daemon_.Answer("WatchLoad", kept);
  const CliResult result = Run({"load", "plane", "--no-activate"});
  EXPECT_EQ(result.code, kOk) << result.err;
  EXPECT_THAT(result.out, HasSubstr("version 8 is loaded and not active"));
}

TEST_F(CliTest, ALoadThatWaitsForItsGroupIsDoneAndSaysSo) {
  daemon_.Answer("LoadSnapshot", Job(v1::LOAD_PHASE_QUEUED));
  v1::LoadJob waits = Job(v1::LOAD_PHASE_DONE);
  waits.set_outcome(v1::LOAD_OUTCOME_WAITING);
  waits.set_version(8);
  waits.set_message("waits for run 'day1' of snapshot group 'daily'");
  daemon_.Answer("WatchLoad", waits);
  const CliResult result = Run({"load", "plane", "--run", "day1"});
  EXPECT_EQ(result.code, kOk) << result.err;
  EXPECT_THAT(result.out, HasSubstr("plane: version 8"));
  EXPECT_THAT(result.out,
              HasSubstr("waits for run 'day1' of snapshot group 'daily'"));
  EXPECT_THAT(daemon_.calls(),
              Contains("LoadSnapshot{view: \"plane\" run: \"day1\"}"));
}

TEST_F(CliTest, APathThatIsHereIsSentAsItIsHere) {
  daemon_.Answer("LoadSnapshot", Job(v1::LOAD_PHASE_QUEUED));
  const std::string file = Write("rows.csv", "a\n");
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(std::filesystem::path(file).parent_path());
  const std::string name = std::filesystem::path(file).filename().string();
  Run({"load", "plane", name, "--no-wait"});
  Run({"load", "plane", "not/here.csv", "--no-wait"});
  Run({"load", "plane", "--no-wait"});
  const std::string here = (std::filesystem::current_path() / name).string();
  std::filesystem::current_path(before);
  EXPECT_THAT(
      daemon_.calls(),
      ElementsAre("LoadSnapshot{view: \"plane\" path: \"" + here + "\"}",
                  "LoadSnapshot{view: \"plane\" path: \"not/here.csv\"}",
                  "LoadSnapshot{view: \"plane\"}"));
}

TEST_F(CliTest, AnAsOfOfTheEpochIsOne) {
  daemon_.Answer("LoadSnapshot", Job(v1::LOAD_PHASE_QUEUED));
  Run({"load", "plane", "--as-of", "1970-01-01", "--no-wait"});
  EXPECT_THAT(daemon_.calls(),
              ElementsAre("LoadSnapshot{view: \"plane\" as_of_micros: 0}"));
}

TEST_F(CliTest, AWatchOfNoLoadHasNotLostSightOfOne) {
  daemon_.Refuse("WatchLoad", {grpc::StatusCode::NOT_FOUND, "no load 'nope'"});
  const CliResult result = Run({"watch", "nope"});
  EXPECT_EQ(result.code, kFailed);
  EXPECT_EQ(result.err, "freshet: no load 'nope'\n");
}

TEST_F(CliTest, ALoadThatBegunAndIsLostFromSightMayGoOn) {
  daemon_.Answer("LoadSnapshot", Job(v1::LOAD_PHASE_QUEUED));
  daemon_.Refuse("WatchLoad", {grpc::StatusCode::INTERNAL, "cut"});
  EXPECT_EQ(Run({"load", "plane"}).err,
            "freshet: lost sight of load 'load-1'; it may go on. Look with "
            "`freshet watch load-1`.\nfreshet: cut\n");
}

TEST_F(CliTest, CancelSaysWhetherThereWasAnythingToCancel) {
  daemon_.Answer("CancelLoad", Job(v1::LOAD_PHASE_WRITING));
  const CliResult told = Run({"cancel", "load-1"});
  EXPECT_EQ(told.code, kOk) << told.err;
  EXPECT_THAT(told.out, HasSubstr("writing, told to stop."));

  v1::LoadJob done = Job(v1::LOAD_PHASE_DONE);
  done.set_outcome(v1::LOAD_OUTCOME_ACTIVE);
  daemon_.Answer("CancelLoad", done);
  const CliResult late = Run({"cancel", "load-1"});
  EXPECT_EQ(late.code, kFailed);
  EXPECT_THAT(late.err, HasSubstr("nothing was cancelled"));
}

TEST_F(CliTest, NotifySaysWhereToLook) {
  daemon_.Answer("NotifySource", v1::NotifySourceResponse());
  const CliResult told = Run({"notify", "plane"});
  EXPECT_EQ(told.code, kOk) << told.err;
  EXPECT_THAT(told.out, HasSubstr("`freshet loads plane`"));
  EXPECT_THAT(daemon_.calls(),
              testing::Contains("NotifySource{view: \"plane\"}"));
  EXPECT_EQ(Run({"notify"}).code, kUsage);
}

TEST_F(CliTest, NoLoadsAreSaidToBeNone) {
  daemon_.Answer("ListLoads", v1::ListLoadsResponse());
  EXPECT_THAT(Run({"loads"}).out, HasSubstr("No load has begun"));
  EXPECT_THAT(Run({"loads", "plane"}).out,
              HasSubstr("No load of view 'plane' has begun"));
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
