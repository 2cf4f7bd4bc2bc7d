// SPDX-License-Identifier: Apache-2.0
// What the metrics page says of loads.
#include "server/metrics/load_stats.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/server/daemon_kit.h"

namespace freshet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

LoadJob Ended(JobPhase phase, absl::Status error) {
  LoadJob job;
  job.id = "load-1";
  job.request.view = "item";
  job.phase = phase;
  job.error = std::move(error);
  return job;
}

TEST(LoadStatsTest, AFailureIsCountedByResultAndByReason) {
  LoadStats stats;

  stats.OnChange(Ended(JobPhase::kFailed, DataLoss("a truncated file")));
  stats.OnChange(Ended(JobPhase::kFailed, NotFound("no such column")));
  stats.OnChange(Ended(JobPhase::kCancelled, Cancelled("by an operator")));

  EXPECT_THAT(stats.attempts(), ElementsAre(Pair(Pair("item", "cancelled"), 1),
                                            Pair(Pair("item", "failed"), 2)));
  EXPECT_THAT(stats.errors(), ElementsAre(Pair(Pair("item", "data_loss"), 1),
                                          Pair(Pair("item", "not_found"), 1)));
}

TEST(LoadStatsTest, ALoadBesideAnotherOfItsViewIsBusyNotRefused) {
  LoadStats stats;
  LoadRequest request;
  request.view = "item";

  stats.OnRefused(request, AlreadyExists("load 'x' runs"), true);
  stats.OnRefused(request, ResourceExhausted("the disk is full"), true);

  EXPECT_THAT(stats.attempts(), ElementsAre(Pair(Pair("item", "busy"), 1),
                                            Pair(Pair("item", "refused"), 1)));
}

TEST(LoadStatsTest, EveryResultOfEveryViewIsThereBeforeTheFirstLoad) {
  DaemonKit kit;

  const std::string page = kit.Http("/metrics").second;

  for (const char* view : {"user", "item", "pair"}) {
    for (const std::string_view result : kLoadResults) {
      EXPECT_THAT(page, HasSubstr(fmt::format("freshet_load_attempts_total{{"
                                              "view=\"{}\",result=\"{}\"}} 0\n",
                                              view, result)));
    }
  }
}

TEST(LoadStatsTest, ALoadThatIsRefusedIsCountedUnlessItsViewIsMadeUp) {
  DaemonKit kit;
  for (const char* view : {"item", "made_up"}) {
    grpc::ClientContext context;
    v1::LoadSnapshotRequest request;
    request.set_view(view);
    request.set_path("/nowhere");
    v1::LoadJob job;
    EXPECT_FALSE(kit.admin->LoadSnapshot(&context, request, &job).ok());
  }

  const std::string page = kit.Http("/metrics").second;

  EXPECT_THAT(page, HasSubstr("freshet_load_attempts_total{view=\"item\","
                              "result=\"refused\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("freshet_load_errors_total{view=\"item\","
                              "reason=\"permission_denied\"} 1\n"));
  EXPECT_THAT(page, Not(HasSubstr("made_up")));
}

}  // namespace
}  // namespace freshet
