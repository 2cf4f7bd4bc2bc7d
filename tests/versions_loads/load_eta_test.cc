// SPDX-License-Identifier: Apache-2.0
#include "versions/loads/load_eta.h"

#include "gtest/gtest.h"

namespace freshet {
namespace {

using std::chrono::seconds;

LoadProgress At(LoadPhase phase, int64_t rows, int64_t rows_total) {
  LoadProgress progress;
  progress.phase = phase;
  progress.rows = rows;
  progress.rows_total = rows_total;
  return progress;
}

TEST(LoadEtaTest, NothingIsSaidBeforeAnythingIsDone) {
  const LoadEta::Time start;
  const LoadEta eta(start);
  EXPECT_LT(eta.Seconds(At(LoadPhase::kStarting, 0, 0), start + seconds(9)), 0);
  EXPECT_LT(eta.Seconds(At(LoadPhase::kReading, 0, 100), start + seconds(9)),
            0);
  EXPECT_LT(eta.Seconds(At(LoadPhase::kReading, 5, 0), start + seconds(9)), 0);
}

TEST(LoadEtaTest, HalfOfTheReadingIsThreeTenthsOfTheWhole) {
  const LoadEta::Time start;
  const LoadEta eta(start);
  EXPECT_NEAR(
      eta.Seconds(At(LoadPhase::kReading, 50, 100), start + seconds(30)), 70,
      1e-9);
}

TEST(LoadEtaTest, BytesServeWhereRowsAreNotKnown) {
  const LoadEta::Time start;
  const LoadEta eta(start);
  LoadProgress progress = At(LoadPhase::kReading, 7, 0);
  progress.bytes = 50;
  progress.bytes_total = 100;
  EXPECT_NEAR(eta.Seconds(progress, start + seconds(30)), 70, 1e-9);
}

TEST(LoadEtaTest, NeverRisesFromPhaseToPhaseAtTheSameInstant) {
  const LoadEta::Time start;
  const LoadEta eta(start);
  const auto now = start + seconds(10);
  double before = 1e9;
  for (const LoadProgress& progress :
       {At(LoadPhase::kReading, 50, 100), At(LoadPhase::kReading, 100, 100),
        At(LoadPhase::kWriting, 0, 100), At(LoadPhase::kWriting, 99, 100),
        At(LoadPhase::kIngesting, 0, 0), At(LoadPhase::kVerifying, 0, 0)}) {
    const double left = eta.Seconds(progress, now);
    EXPECT_GE(left, 0);
    EXPECT_LE(left, before);
    before = left;
  }
}

}  // namespace
}  // namespace freshet
