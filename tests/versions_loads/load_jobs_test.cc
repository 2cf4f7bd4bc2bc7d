// SPDX-License-Identifier: Apache-2.0
#include "versions/load_jobs.h"

#include "base/failpoint.h"
#include "config/parse.h"
#include "gmock/gmock.h"
#include "tests/versions_loads/loads_fixture.h"

namespace freshet {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string Text(const absl::Status& status) {
  return std::string(status.message());
}

using LoadJobsTest = LoadsFixture;

TEST_F(LoadJobsTest, SnapshotBecomesTheVersionThatServes) {
  const LoadJob job = LoadRows("user", 5, 42);

  EXPECT_EQ(job.outcome, JobOutcome::kActive);
  EXPECT_EQ(job.version, 1);
  EXPECT_EQ(job.rows, 5);
  EXPECT_EQ(job.loader_peak_bytes, 1 << 20);
  EXPECT_EQ(WhatServes("user"), (Served{42, 5}));
  EXPECT_THAT(OnDisk("user"), ElementsAre("v1"));
}

TEST_F(LoadJobsTest, EveryPhaseIsToldInOrder) {
  LoadRows("user", 5, 1);
  Close();  // The last one is told after the job is seen to have ended.
  EXPECT_THAT(Phases(),
              ElementsAre("user queued", "user starting", "user reading",
                          "user writing", "user ingesting", "user verifying",
                          "user committing", "user activating", "user done"));
}

TEST_F(LoadJobsTest, SecondLoadOfAViewIsRefusedNamingTheFirst) {
  const auto first = loads().Start(Request("user", Building(1, 1, Gate())));
  ASSERT_TRUE(first.ok());

  const auto second = loads().Start(Request("user", Building(1, 2)));

  EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(Text(second.status()), HasSubstr("'" + first->id + "'"));
  Release();
  EXPECT_EQ(WaitForEnd(first->id).outcome, JobOutcome::kActive);
  EXPECT_EQ(WhatServes("user").value, 1);
}

TEST_F(LoadJobsTest, LoadsOfOtherViewsWaitForTheirTurn) {
  const auto first = loads().Start(Request("user", Building(1, 1, Gate())));
  ASSERT_TRUE(first.ok());
  WaitForPhase(first->id, JobPhase::kStarting);
  const auto second = loads().Start(Request("item", Building(1, 2)));
  ASSERT_TRUE(second.ok());

  EXPECT_EQ(loads().Get(second->id)->phase, JobPhase::kQueued);
  Release();
  EXPECT_EQ(WaitForEnd(second->id).outcome, JobOutcome::kActive);
  const std::vector<std::string> phases = Phases();
  EXPECT_LT(std::find(phases.begin(), phases.end(), "user done"),
            std::find(phases.begin(), phases.end(), "item starting"));
}

TEST_F(LoadJobsTest, RaisedLimitLetsTheNextOneBegin) {
  const auto first = loads().Start(Request("user", Building(1, 1, Gate())));
  ASSERT_TRUE(first.ok());
  const auto second = loads().Start(Request("item", Building(1, 2)));
  ASSERT_TRUE(second.ok());

  LoadSettings settings = options_.load;
  settings.concurrent_max = 2;
  loads().SetLimits(settings);

  EXPECT_EQ(WaitForEnd(second->id).outcome, JobOutcome::kActive);
  EXPECT_FALSE(loads().Get(first->id)->ended());
  Release();
  WaitForEnd(first->id);
}

TEST_F(LoadJobsTest, CancelledLoadLeavesTheOldVersionAndNothingElse) {
  LoadRows("user", 3, 1);
  const auto job = loads().Start(Request("user", "say reading 1 2\nhang"));
  ASSERT_TRUE(job.ok());
  WaitForPhase(job->id, JobPhase::kReading);

  ASSERT_TRUE(loads().Cancel(job->id).ok());

  const LoadJob ended = WaitForEnd(job->id);
  EXPECT_EQ(ended.phase, JobPhase::kCancelled);
  EXPECT_EQ(ended.version, 0);
  EXPECT_EQ(WhatServes("user"), (Served{1, 3}));
  EXPECT_THAT(OnDisk("user"), ElementsAre("v1"));
  EXPECT_EQ(loads().Cancel(job->id)->phase, JobPhase::kCancelled);
}

TEST_F(LoadJobsTest, CancelledInTheQueueItNeverBegins) {
  const auto first = loads().Start(Request("user", Building(1, 1, Gate())));
  ASSERT_TRUE(first.ok());
  const auto second = loads().Start(Request("item", Building(1, 2)));
  ASSERT_TRUE(second.ok());

  EXPECT_EQ(loads().Cancel(second->id)->phase, JobPhase::kCancelled);

  Release();
  WaitForEnd(first->id);
  EXPECT_THAT(Phases(), Not(testing::Contains("item starting")));
  EXPECT_EQ(CurrentVersion("item"), 0);
}

TEST_F(LoadJobsTest, CancelDuringTheCommitIsTooLate) {
  std::vector<absl::Status> answers;
  on_change_ = [&](const LoadJob& job) {
    if (job.phase == JobPhase::kCommitting) {
      answers.push_back(loads().Cancel(job.id).status());
    }
  };

  const LoadJob job = LoadRows("user", 1, 1);

  ASSERT_THAT(answers, Not(IsEmpty()));
  EXPECT_EQ(answers[0].code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Text(answers[0]), HasSubstr("too late"));
  EXPECT_EQ(job.outcome, JobOutcome::kActive);
}

TEST_F(LoadJobsTest, UnknownLoadCannotBeCancelled) {
  EXPECT_EQ(loads().Cancel("x").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(LoadJobsTest, DryRunChecksAndBuildsNothing) {
  LoadRequest request = Request("user", "say reading 5 5\nsay built 5 5");
  request.dry_run = true;

  const LoadJob job = Load(request);

  EXPECT_EQ(job.phase, JobPhase::kDone) << job.message;
  EXPECT_EQ(job.outcome, JobOutcome::kChecked);
  EXPECT_EQ(job.version, 0);
  EXPECT_EQ(job.rows, 5);
  EXPECT_THAT(OnDisk("user"), IsEmpty());
  EXPECT_EQ(CurrentVersion("user"), 0);
}

TEST_F(LoadJobsTest, NoActivateKeepsTheVersionAndWhatServes) {
  LoadRows("user", 1, 1);
  LoadRequest request = Request("user", Building(1, 2));
  request.no_activate = true;

  const LoadJob job = Load(request);

  EXPECT_EQ(job.outcome, JobOutcome::kLoaded);
  EXPECT_EQ(WhatServes("user").value, 1);
  ASSERT_TRUE(store_->actions().Activate("user", job.version, "test").ok());
  EXPECT_EQ(WhatServes("user").value, 2);
}

TEST_F(LoadJobsTest, LabelPointsAtTheNewVersion) {
  LoadRequest request = Request("user", Building(1, 1));
  request.label = "canary";

  const LoadJob job = Load(request);

  EXPECT_EQ(store_->catalog().state()->views.at("user").labels.at("canary"),
            job.version);
}

TEST_F(LoadJobsTest, OlderAsOfIsKeptAndNeverActivatesItself) {
  LoadRequest newer = Request("user", Building(1, 1));
  newer.has_as_of = true;
  newer.as_of_micros = 2'000'000;
  ASSERT_EQ(Load(newer).outcome, JobOutcome::kActive);
  LoadRequest older = Request("user", Building(1, 2));
  older.has_as_of = true;
  older.as_of_micros = 1'000'000;

  const LoadJob job = Load(older);

  EXPECT_EQ(job.outcome, JobOutcome::kLoaded);
  EXPECT_THAT(job.message, HasSubstr("older"));
  EXPECT_EQ(WhatServes("user").value, 1);
}

TEST_F(LoadJobsTest, OnlyWhatIsToServeIsReadAhead) {
  LoadRequest newer = Request("user", Building(1, 1));
  newer.has_as_of = true;
  newer.as_of_micros = 2'000'000;
  ASSERT_EQ(Load(newer).outcome, JobOutcome::kActive);
  RecentKeys* recent = store_->publisher().recent_keys("user");
  for (uint64_t i = 0; i < RecentKeys::kEvery; ++i) recent->Offer("asked for");
  LoadRequest older = Request("user", Building(1, 2));
  older.has_as_of = true;
  older.as_of_micros = 1'000'000;
  LoadRequest kept = Request("user", Building(1, 2));
  kept.no_activate = true;
  ASSERT_TRUE(ArmFailpoints("read.scan=error").ok());

  EXPECT_EQ(Load(older).outcome, JobOutcome::kLoaded);
  EXPECT_EQ(Load(kept).outcome, JobOutcome::kLoaded);
  newer.as_of_micros = 3'000'000;
  EXPECT_THAT(Load(newer).message, HasSubstr("read.scan"));

  ASSERT_TRUE(ArmFailpoints("").ok());
}

TEST_F(LoadJobsTest, ViewsOfAGroupServeARunTogether) {
  Definitions definitions =
      ParseFile(store_->catalog().state()->definitions.text).definitions;
  for (auto& view : definitions.batch_views) view.snapshot_group = "daily";
  ApplyRequest grouped;
  grouped.text = CanonicalText(definitions);
  ASSERT_TRUE(store_->definitions().Apply(grouped)->applied);
  LoadRequest user = Request("user", Building(1, 1));
  EXPECT_THAT(Text(loads().Start(user).status()),
              HasSubstr("freshet load user --run NAME"));
  user.run = "day1";
  LoadRequest item = Request("item", Building(1, 2));
  item.run = "day1";

  const LoadJob first = Load(user);

  EXPECT_EQ(first.outcome, JobOutcome::kWaiting) << first.message;
  EXPECT_THAT(first.message, HasSubstr("view 'item' has none of it"));
  EXPECT_EQ(WhatServes("user").value, -1);
  EXPECT_EQ(Load(item).outcome, JobOutcome::kActive);
  EXPECT_EQ(WhatServes("user").value, 1);
  EXPECT_EQ(WhatServes("item").value, 2);
}

TEST_F(LoadJobsTest, CollapsedSnapshotIsHeldUntilApproved) {
  LoadRows("user", 10, 1);

  const LoadJob job = LoadRows("user", 4, 2);

  EXPECT_EQ(job.outcome, JobOutcome::kPendingApproval);
  EXPECT_THAT(job.message, AllOf(HasSubstr("4 rows"), HasSubstr("has 10")));
  EXPECT_EQ(WhatServes("user"), (Served{1, 10}));
  ASSERT_TRUE(store_->actions().Approve("user", job.version, "test").ok());
  EXPECT_EQ(WhatServes("user"), (Served{2, 4}));
}

TEST_F(LoadJobsTest, EmptySnapshotIsHeld) {
  const LoadJob job = LoadRows("user", 0, 1);
  EXPECT_EQ(job.outcome, JobOutcome::kPendingApproval);
  EXPECT_EQ(CurrentVersion("user"), 0);
}

TEST_F(LoadJobsTest, OldVersionsGoWithTheLoadThatReplacesThem) {
  for (int64_t n = 1; n <= 4; ++n) LoadRows("user", 1, n);
  EXPECT_THAT(OnDisk("user"), ElementsAre("v3", "v4"));
}

TEST_F(LoadJobsTest, WrongRequestsAreRefusedBeforeAnythingIsDone) {
  const auto code = [&](const LoadRequest& request) {
    return loads().Start(request).status().code();
  };
  LoadRequest request = Request("user", "hang");
  request.view = "usr";
  const absl::Status unknown = loads().Start(request).status();
  EXPECT_EQ(unknown.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Text(unknown), HasSubstr("did you mean 'user'"));
  request.view = "user";
  request.path = "/etc/passwd";
  EXPECT_EQ(code(request), absl::StatusCode::kPermissionDenied);
  request.path = dir_.File("gone");
  EXPECT_EQ(code(request), absl::StatusCode::kInvalidArgument);
  request.path = "";  // user.csv under the root, which is not there.
  EXPECT_EQ(code(request), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(loads().List(), IsEmpty());
  EXPECT_THAT(OnDisk("user"), IsEmpty());
}

TEST_F(LoadJobsTest, FileBeyondTheLimitIsRefusedWithBothNumbers) {
  LoadSettings settings = options_.load;
  settings.file_bytes_max = 10;
  loads().SetLimits(settings);

  const auto job = loads().Start(Request("user", "hang # and on"));

  EXPECT_EQ(job.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Text(job.status()), AllOf(HasSubstr("13"), HasSubstr("10")));
}

TEST_F(LoadJobsTest, ShortOfDiskItIsRefusedWithBothNumbers) {
  LoadRows("user", 1, 1);
  options_.storage.disk_reserve_bytes = int64_t{1} << 60;
  Open();

  const auto job = loads().Start(Request("user", Building(1, 2)));

  EXPECT_EQ(job.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(Text(job.status()), AllOf(HasSubstr("needs about"),
                                        HasSubstr("1152921504606846976")));
  EXPECT_EQ(WhatServes("user").value, 1);
}

TEST_F(LoadJobsTest, RunningLoadShowsRowsAndWhatIsLeft) {
  const auto job = loads().Start(
      Request("user", "say reading 50 100\n" + Gate() + "\nexit 1"));
  ASSERT_TRUE(job.ok());
  LoadJob seen = WaitForPhase(job->id, JobPhase::kReading);
  while (seen.rows == 0) {
    seen = *loads().WaitForChange(job->id, seen.revision,
                                  std::chrono::seconds(60));
  }

  EXPECT_EQ(seen.rows, 50);
  EXPECT_EQ(seen.rows_total, 100);
  EXPECT_GE(seen.eta_seconds, 0);
  Release();
  WaitForEnd(job->id);
}

}  // namespace
}  // namespace freshet
