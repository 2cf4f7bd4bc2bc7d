// SPDX-License-Identifier: Apache-2.0
#include "versions/loads/job_table.h"

#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace freshet {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;

LoadJob Job(const std::string& id, const std::string& view,
            const std::string& key = "") {
  LoadJob job;
  job.id = id;
  job.request.view = view;
  job.request.idempotency_key = key;
  return job;
}

void End(JobTable& table, const std::string& id) {
  table.Update(id, [](LoadJob& job) {
    job.phase = JobPhase::kDone;
    job.outcome = JobOutcome::kActive;
  });
}

TEST(JobTableTest, SecondJobOfAViewIsRefusedNamingTheFirst) {
  JobTable table({}, nullptr);
  ASSERT_TRUE(table.Add(Job("a", "user")).ok());

  const auto second = table.Add(Job("b", "user"));

  EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(second.status().message()),
              AllOf(HasSubstr("'a'"), HasSubstr("'queued'")));
  EXPECT_TRUE(table.Add(Job("c", "item")).ok());
  End(table, "a");
  EXPECT_TRUE(table.Add(Job("d", "user")).ok());
}

TEST(JobTableTest, SameKeyGivesTheSameJobAlsoAfterItsEnd) {
  JobTable table({}, nullptr);
  ASSERT_TRUE(table.Add(Job("a", "user", "k")).ok());
  EXPECT_EQ(table.Add(Job("b", "user", "k"))->job.id, "a");

  End(table, "a");

  const auto again = table.Add(Job("c", "user", "k"));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->job.id, "a");
  EXPECT_FALSE(again->is_new);
  EXPECT_EQ(again->job.outcome, JobOutcome::kActive);
}

TEST(JobTableTest, KeyOfAnotherViewIsRefused) {
  JobTable table({}, nullptr);
  ASSERT_TRUE(table.Add(Job("a", "user", "k")).ok());

  const auto other = table.Add(Job("b", "item", "k"));

  EXPECT_EQ(other.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(other.status().message()), HasSubstr("'user'"));
}

TEST(JobTableTest, JobsComeBackFromTheCatalogAsTheyEnded) {
  LoadJob failed = Job("f", "user", "kf");
  failed.phase = JobPhase::kFailed;
  failed.error = absl::DataLossError("bad file");
  failed.message = "bad file";
  failed.started_micros = 5;
  failed.ended_micros = 6;
  LoadJob held = Job("h", "user", "kh");
  held.phase = JobPhase::kDone;
  held.outcome = JobOutcome::kPendingApproval;
  held.version = 9;
  LoadJob cancelled = Job("c", "user");
  cancelled.phase = JobPhase::kCancelled;
  cancelled.error = absl::CancelledError("x");

  JobTable table(
      {ToEndedLoad(failed), ToEndedLoad(held), ToEndedLoad(cancelled)},
      nullptr);

  EXPECT_EQ(table.Get("f")->phase, JobPhase::kFailed);
  EXPECT_EQ(table.Get("f")->error, failed.error);
  EXPECT_EQ(table.Get("f")->ended_micros, 6);
  EXPECT_EQ(table.Get("h")->outcome, JobOutcome::kPendingApproval);
  EXPECT_EQ(table.Get("h")->version, 9);
  EXPECT_EQ(table.Get("c")->phase, JobPhase::kCancelled);
  EXPECT_EQ(table.Add(Job("new", "user", "kh"))->job.id, "h");
}

TEST(JobTableTest, OldestEndedJobsAreForgottenButNoRunningOne) {
  JobTable table({}, nullptr);
  ASSERT_TRUE(table.Add(Job("running", "first")).ok());
  for (size_t i = 0; i < JobTable::kJobsMax + 5; ++i) {
    const std::string id = std::to_string(i);
    ASSERT_TRUE(table.Add(Job(id, "user")).ok());
    End(table, id);
  }

  EXPECT_EQ(table.List().size(), JobTable::kJobsMax);
  EXPECT_TRUE(table.Get("running").ok());
  EXPECT_EQ(table.Get("0").status().code(), absl::StatusCode::kNotFound);
}

TEST(JobTableTest, EachChangeIsToldOutsideTheLock) {
  std::vector<int64_t> revisions;
  JobTable* self = nullptr;
  JobTable table({}, [&](const LoadJob& job) {
    revisions.push_back(self->Get(job.id)->revision);
  });
  self = &table;
  ASSERT_TRUE(table.Add(Job("a", "user")).ok());

  End(table, "a");

  EXPECT_THAT(revisions, testing::ElementsAre(1, 2));
}

TEST(JobTableTest, WaiterIsWokenByTheNextChange) {
  JobTable table({}, nullptr);
  ASSERT_TRUE(table.Add(Job("a", "user")).ok());
  std::thread changer([&] {
    table.Update("a", [](LoadJob& job) { job.phase = JobPhase::kReading; });
  });

  const auto job = table.WaitForChange("a", 1, std::chrono::hours(1));

  changer.join();
  ASSERT_TRUE(job.ok());
  EXPECT_EQ(job->phase, JobPhase::kReading);
}

TEST(JobTableTest, WaitingEndsWithItsTimeAndNeverStartsForAnEndedJob) {
  JobTable table({}, nullptr);
  ASSERT_TRUE(table.Add(Job("a", "user")).ok());
  EXPECT_EQ(table.WaitForChange("a", 1, milliseconds(1))->revision, 1);
  End(table, "a");
  EXPECT_EQ(table.WaitForChange("a", 99, std::chrono::hours(1))->revision, 2);
  EXPECT_EQ(table.WaitForChange("x", 0, milliseconds(1)).status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace freshet
