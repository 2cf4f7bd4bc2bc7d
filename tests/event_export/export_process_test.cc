// SPDX-License-Identifier: Apache-2.0
#include "server/event_export/export_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "tests/event_export/script_child.h"

namespace freshet {
namespace {

using testing::HasSubstr;

class ExportProcessTest : public testing::Test {
 protected:
  absl::StatusOr<ExportReport> Run(const std::string& commands) {
    child_.Does(commands);
    return process_.Run({.from = 3, .until = 7, .directory = "/events"});
  }
  std::string Problem(const std::string& commands, absl::StatusCode code) {
    const absl::Status status = Run(commands).status();
    EXPECT_EQ(status.code(), code) << status;
    return std::string(status.message());
  }

  ScriptChild child_;
  ExportProcess process_{{.executable = child_.path()}};
};

TEST_F(ExportProcessTest, TheLastReportIsReturned) {
  const auto report =
      Run(ScriptChild::Saying({.records = 1}) + "\n" +
          ScriptChild::Saying(
              {.is_last = true, .records = 4, .events = 9, .files = 2}));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->events, 9);
  EXPECT_EQ(report->files, 2);
  ASSERT_EQ(child_.Orders().size(), 1U);
  EXPECT_EQ(child_.Orders()[0].from, 3U);
  EXPECT_EQ(child_.Orders()[0].until, 7U);
  EXPECT_EQ(child_.Orders()[0].directory, "/events");
}

TEST_F(ExportProcessTest, ItsOwnErrorIsTheError) {
  EXPECT_EQ(Problem(ScriptChild::Saying(
                        {.is_last = true, .status = ResourceExhausted("full")}),
                    absl::StatusCode::kResourceExhausted),
            "full");
}

TEST_F(ExportProcessTest, OneThatEndsBeforeItsLastReportDidNothing) {
  const std::string begun = ScriptChild::Saying({.records = 1000}) + "\n";
  EXPECT_EQ(Problem(begun + "echo no more room >&2; exit 3",
                    absl::StatusCode::kAborted),
            "the child that writes files ended by exit code 3: no more room");
  EXPECT_EQ(Problem(begun + "kill -9 $$", absl::StatusCode::kAborted),
            "the child that writes files ended by signal 9");
  EXPECT_EQ(Problem("exit 0", absl::StatusCode::kAborted),
            "the child that writes files ended by exit code 0");
}

TEST_F(ExportProcessTest, WhatItSaysIsBounded) {
  EXPECT_THAT(Problem("echo hello", absl::StatusCode::kInternal),
              HasSubstr("the freshet-load of this version?"));
  EXPECT_EQ(Problem("head -c 100000 /dev/zero | tr '\\0' x; sleep 1000",
                    absl::StatusCode::kInternal),
            "the child wrote a line of more than 65536 bytes");
  const std::string tail =
      Problem("head -c 100000 /dev/zero | tr '\\0' x >&2; echo end >&2; exit 1",
              absl::StatusCode::kAborted);
  EXPECT_LT(tail.size(), 2'200U);
  EXPECT_THAT(tail, HasSubstr("xxend"));
}

TEST_F(ExportProcessTest, OneThatGetsNowhereIsKilled) {
  ExportProcess hasty({.executable = child_.path(),
                       .idle_timeout = std::chrono::milliseconds(50)});
  child_.Does("exec sleep 1000");
  const absl::Status status = hasty.Run({.directory = "/events"}).status();
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("see whether '/events' hangs"));
}

TEST_F(ExportProcessTest, WhatIsCalledOffIsSoForEachLaterOne) {
  process_.Cancel();
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(absl::IsCancelled(Run("exec sleep 1000").status()));
  }
}

TEST_F(ExportProcessTest, AnExecutableThatIsNotThereIsNamed) {
  ExportProcess missing({.executable = "/no/freshet-load"});
  EXPECT_THAT(std::string(missing.Run({}).status().message()),
              HasSubstr("/no/freshet-load"));
}

}  // namespace
}  // namespace freshet
