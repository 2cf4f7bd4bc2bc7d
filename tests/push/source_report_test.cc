// SPDX-License-Identifier: Apache-2.0
#include "server/push/report/source_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freshet {
namespace {

using ::testing::HasSubstr;

// Of three partitions that are read up to their ends.
SourceState QuietSource() {
  SourceState state;
  state.source = "payments";
  state.behind_at_least_micros = 700'000;
  for (int32_t i = 0; i < 3; ++i) {
    SourcePartition& partition = state.partitions.emplace_back();
    partition.at = {.topic = "clicks",
                    .partition = i,
                    .reading = true,
                    .position = 5,
                    .lag = 0,
                    .silent_ms = 500};
  }
  return state;
}

TEST(SourceReportTest, OfAQuietTopicThereIsNothingToSay) {
  const SourceReport report = ReportSource(QuietSource());
  EXPECT_EQ(report.message, "");
  EXPECT_EQ(report.lag, 0);
  EXPECT_EQ(report.behind_micros, 700'000);
}

TEST(SourceReportTest, AQuietTopicIsToldFromOneWhoseLeaderIsSilent) {
  SourceState state = QuietSource();
  state.partitions[1].at.silent_ms = 10'000;
  EXPECT_EQ(ReportSource(state).message, "");
  state.partitions[1].at.silent_ms = 45'300;
  EXPECT_EQ(ReportSource(state).message,
            "partition 1 of topic 'clicks': its leader has not answered for 45 "
            "s");
  // As many as that broker leads: one is enough.
  state.partitions[2].at.silent_ms = 45'300;
  EXPECT_EQ(ReportSource(state).message,
            "partition 1 of topic 'clicks': its leader has not answered for 45 "
            "s");
}

TEST(SourceReportTest, WhileThereIsABacklogAFullQueueIsNoSilence) {
  SourceState state = QuietSource();
  state.partitions[0].at.lag = 3;
  state.partitions[1].at.silent_ms = 45'300;
  EXPECT_EQ(ReportSource(state).message, "");
  state.partitions[1].at.silent_ms = 61'000;
  EXPECT_THAT(ReportSource(state).message, HasSubstr("partition 1"));
}

TEST(SourceReportTest, AQuietTopicIsToldFromOneThatHasNoLeader) {
  SourceState state = QuietSource();
  state.partitions[2].at.silent_ms = -1;
  EXPECT_EQ(ReportSource(state).message,
            "partition 2 of topic 'clicks': no leader of it has answered");
}

TEST(SourceReportTest, WhatIsKnownToBeWrongIsSaidAlone) {
  SourceState state = QuietSource();
  for (SourcePartition& partition : state.partitions) {
    partition.at.silent_ms = 60'000;
  }
  state.health = absl::UnavailableError("no broker answers: refused");
  EXPECT_EQ(ReportSource(state).message, "no broker answers: refused");
  state.health = absl::OkStatus();
  state.partitions[0].trouble = "partition 0 of topic 'clicks': not there";
  EXPECT_THAT(ReportSource(state).message, HasSubstr("not there"));
  EXPECT_THAT(ReportSource(state).message, Not(HasSubstr("not answered")));
}

TEST(SourceReportTest, NobodyIsAskedForAPausedOne) {
  SourceState state = QuietSource();
  state.paused = true;
  state.partitions[0].at.silent_ms = 60'000;
  EXPECT_EQ(ReportSource(state).message, "");
}

}  // namespace
}  // namespace freshet
