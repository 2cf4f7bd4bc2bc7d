// SPDX-License-Identifier: Apache-2.0
// What becomes of tiles as definitions change, crashes included.
#include "ingest/live/live_views.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/failpoint.h"
#include "storage/live/window_rows.h"
#include "tests/live_applier/live_views_kit.h"

namespace freshet {
namespace {

using enum AggregateFunction;
using testing::HasSubstr;

TEST_F(LiveViewsTest, WhatWasAcknowledgedIsThereAfterACrash) {
  ASSERT_TRUE(Submit({{.at = kNow - kMinute}, {.at = kNow - 2}}).ok());
  EXPECT_EQ(CountIn(WindowsOf("counts")), 2);
  Crash();
  EXPECT_EQ(CountIn(WindowsOf("counts")), 2);
  ASSERT_TRUE(Submit({{.at = kNow - kMinute}}).ok());
  Crash();
  Crash();
  EXPECT_EQ(CountIn(WindowsOf("counts")), 3);
}

TEST_F(LiveViewsTest, Rule24OfOneTimeTheLaterPushIsLast) {
  definitions_.stream_views[0].aggregations[0].functions = {
      {.function = kLast}, {.function = kLastN, .n = 3}};
  ASSERT_TRUE(Apply().ok());
  ASSERT_TRUE(Submit({{.cents = 1, .at = kNow - 1}}).ok());
  ASSERT_TRUE(
      Submit({{.cents = 3, .at = kNow - 1}, {.cents = 2, .at = kNow - 1}})
          .ok());
  Crash();
  const LiveWindows windows = WindowsOf("counts");
  const auto values =
      FeaturesIn(windows.plan, *windows.generation, "ann", kNow);
  EXPECT_EQ(std::get<int64_t>(values[0].v), 2);
  ASSERT_TRUE(Submit({{.cents = 9, .at = kNow - 1}}).ok());
  const auto later = FeaturesIn(windows.plan, *windows.generation, "ann", kNow);
  EXPECT_EQ(std::get<int64_t>(later[0].v), 9);
}

TEST_F(LiveViewsTest, Rule27AGenerationIsWholeOnceNothingCanHaveBeenMissed) {
  const int64_t skew = definitions_.stream_sources[0].max_future_skew_micros;
  EXPECT_EQ(WindowsOf("counts").coverage->whole_from_micros(), kNow + skew);
  clock_.Set(kNow + kHour);
  Crash();
  EXPECT_EQ(WindowsOf("counts").coverage->whole_from_micros(), kNow + skew);

  definitions_.stream_views.push_back(Counts("later", {kHour}));
  ASSERT_TRUE(Apply().ok());
  EXPECT_EQ(WindowsOf("counts").coverage->whole_from_micros(), kNow + skew);
  EXPECT_EQ(WindowsOf("later").coverage->whole_from_micros(),
            kNow + kHour + skew);
}

TEST_F(LiveViewsTest, Rule15WhatLeavesTheTilesAsTheyAreIsInstant) {
  ASSERT_TRUE(Submit({{.at = kNow - kMinute}}).ok());
  const uint64_t generation = WindowsOf("counts").generation->number();
  definitions_.stream_views[0].owner = "somebody";
  definitions_.stream_views[0].aggregations[0].windows_micros = {kHour,
                                                                 2 * kHour};
  ASSERT_TRUE(Apply().ok());

  const LiveWindows windows = WindowsOf("counts");
  EXPECT_EQ(windows.generation->number(), generation);
  EXPECT_EQ(CountIn(windows, 0), 1);
  EXPECT_EQ(CountIn(windows, 1), 1);
}

TEST_F(LiveViewsTest, Rule27ASeriesIsWholeOnceItsFirstWindowIs) {
  // Of the tiles that there are, of which an hour was kept.
  clock_.Set(kNow + 10 * kDay);
  const int64_t now = clock_.NowMicros();
  ASSERT_TRUE(Submit({{.at = now - 50 * kMinute}, {.at = now - 1}}).ok());
  const uint64_t generation = WindowsOf("counts").generation->number();
  auto& aggregation = definitions_.stream_views[0].aggregations[0];
  aggregation.series = {.window_micros = kHour, .count = 3};
  ASSERT_TRUE(Apply().ok());
  ASSERT_TRUE(Submit({{.at = now - 2 * kHour}}).ok())
      << "which is late no more";

  const LiveWindows counts = WindowsOf("counts");
  EXPECT_EQ(counts.generation->number(), generation);
  const std::vector<Value> values =
      FeaturesIn(counts.plan, *counts.generation, "ann", now);
  EXPECT_EQ(values[0], Value(int64_t{2}));
  EXPECT_EQ(values[1], Value(Value::List{Value(int64_t{0}), Value(int64_t{1}),
                                         Value(int64_t{2})}));
  const auto incomplete = [&](size_t feature, int64_t at) {
    return IsIncomplete(*counts.plan, {*counts.coverage}, feature, at);
  };
  EXPECT_EQ(counts.coverage->whole_from_micros(), now - kHour);
  EXPECT_FALSE(incomplete(0, now));
  EXPECT_TRUE(incomplete(1, now));
  EXPECT_TRUE(incomplete(1, now + 2 * kHour - 1));
  EXPECT_FALSE(incomplete(1, now + 2 * kHour));
}

TEST_F(LiveViewsTest, Rule15OtherTilesAreAnotherGeneration) {
  ASSERT_TRUE(Submit({{.at = kNow - kMinute}}).ok());
  {
    const LiveWindows before = WindowsOf("counts");
    definitions_.stream_views[0].filter = "cents > 100";
    ASSERT_TRUE(Apply().ok());

    const LiveWindows after = WindowsOf("counts");
    EXPECT_NE(after.generation->number(), before.generation->number());
    EXPECT_EQ(CountIn(after), 0);
    EXPECT_EQ(CountIn(before), 1) << "whoever still holds it reads on";
  }
  ASSERT_TRUE(Submit({{.cents = 200, .at = kNow - kMinute}}).ok());
  Crash();
  EXPECT_EQ(CountIn(WindowsOf("counts")), 1);
}

TEST_F(LiveViewsTest, Rule27ALongerWindowLacksWhatWasLetGo) {
  clock_.Set(kNow + 10 * kDay);
  definitions_.stream_views[0].aggregations[0].windows_micros = {2 * kHour};
  ASSERT_TRUE(Apply().ok());
  // Kept until then was an hour.
  EXPECT_EQ(WindowsOf("counts").coverage->whole_from_micros(),
            kNow + 10 * kDay - kHour);

  // Shorter again, and then longer: in between it was let go of again.
  definitions_.stream_views[0].aggregations[0].windows_micros = {kHour};
  ASSERT_TRUE(Apply().ok());
  Crash();
  clock_.Set(kNow + 20 * kDay);
  definitions_.stream_views[0].aggregations[0].windows_micros = {2 * kHour};
  ASSERT_TRUE(Apply().ok());
  Crash();
  EXPECT_EQ(WindowsOf("counts").coverage->whole_from_micros(),
            kNow + 20 * kDay - kHour);
}

TEST_F(LiveViewsTest, Rule27WhatALevelLetGoIsLackedWhereItIsReadAlone) {
  auto& windows = definitions_.stream_views[0].aggregations[0].windows_micros;
  windows = {kHour, 7 * kDay};
  ASSERT_TRUE(Apply().ok());
  clock_.Set(kNow + 10 * kDay);
  windows = {2 * kHour, 7 * kDay};
  ASSERT_TRUE(Apply().ok());

  const auto whole_from = [&](size_t window) {
    const LiveWindows counts = WindowsOf("counts");
    return counts.coverage->WholeFrom(counts.plan->windows.levels_of(window));
  };
  const int64_t made =
      kNow + definitions_.stream_sources[0].max_future_skew_micros;
  EXPECT_EQ(whole_from(0), kNow + 10 * kDay - kHour);
  EXPECT_EQ(whole_from(1), made) << "a week was kept in longer tiles";
  Crash();
  EXPECT_EQ(whole_from(0), kNow + 10 * kDay - kHour);
  EXPECT_EQ(whole_from(1), made);
}

TEST_F(LiveViewsTest, Rule27ALongerExactWindowLacksTheMomentsThatWereLetGo) {
  Aggregation exact = Counts("", {10 * kMinute}).aggregations[0];
  exact.mode = WindowMode::kExact;
  auto& aggregations = definitions_.stream_views[0].aggregations;
  // Its sawtooth window keeps minutes for as long as the exact one will.
  aggregations.push_back(exact);
  ASSERT_TRUE(Apply().ok());
  const uint64_t generation = WindowsOf("counts").generation->number();
  clock_.Set(kNow + 10 * kDay);
  const int64_t now = clock_.NowMicros();
  aggregations[1].windows_micros = {59 * kMinute};
  ASSERT_TRUE(Apply().ok());
  ASSERT_EQ(WindowsOf("counts").generation->number(), generation);

  const auto whole_from = [&](size_t window) {
    const LiveWindows counts = WindowsOf("counts");
    return counts.coverage->WholeFrom(counts.plan->windows.levels_of(window));
  };
  const int64_t made =
      kNow + definitions_.stream_sources[0].max_future_skew_micros;
  EXPECT_EQ(whole_from(0), made);
  EXPECT_EQ(whole_from(1), now - 10 * kMinute);
  Crash();
  EXPECT_EQ(whole_from(0), made);
  EXPECT_EQ(whole_from(1), now - 10 * kMinute);
  aggregations[1].windows_micros = {10 * kMinute};
  ASSERT_TRUE(Apply().ok());
  EXPECT_GE(now - 10 * kMinute, whole_from(1)) << "as before";
}

TEST_F(LiveViewsTest, Rule15AnExactWindowIsOfOtherTiles) {
  const uint64_t before = WindowsOf("counts").generation->number();
  definitions_.stream_views[0].aggregations[0].mode = WindowMode::kExact;
  ASSERT_TRUE(Apply().ok());
  EXPECT_NE(WindowsOf("counts").generation->number(), before);
  ASSERT_TRUE(Submit({{.at = kNow - kHour}, {.at = kNow - kHour + 1}}).ok());
  EXPECT_EQ(CountIn(WindowsOf("counts")), 2);
  clock_.Set(kNow + 1);
  EXPECT_EQ(CountIn(WindowsOf("counts")), 1);
  Crash();
  clock_.Set(kNow + 2);
  EXPECT_EQ(CountIn(WindowsOf("counts")), 0);
}

TEST_F(LiveViewsTest, Rule27ATryToWidenThatFailsDoesNotKeepTiles) {
  definitions_.stream_views.push_back(Counts("other", {kHour}));
  definitions_.stream_views[0].aggregations[0].windows_micros = {2 * kHour};
  ASSERT_TRUE(ArmFailpoints("live.before_add=error").ok());
  EXPECT_FALSE(Apply().ok());
  ASSERT_TRUE(ArmFailpoints("").ok());
  clock_.Set(kNow + 10 * kDay);
  Crash();
  EXPECT_EQ(WindowsOf("counts").coverage->whole_from_micros(),
            kNow + 10 * kDay - kHour);
  clock_.Set(kNow + 20 * kDay);
  ASSERT_TRUE(Apply().ok());
  EXPECT_EQ(WindowsOf("counts").coverage->whole_from_micros(),
            kNow + 10 * kDay - kHour);
}

TEST_F(LiveViewsTest, Rule27WhoeverHoldsAViewKnowsOfALossAfterAnApply) {
  const LiveWindows held = WindowsOf("counts");
  definitions_.stream_views[0].owner = "somebody";
  ASSERT_TRUE(Apply().ok());
  ASSERT_TRUE(views_->progress().MarkLost("payments", kNow + kDay).ok());
  EXPECT_EQ(held.coverage->whole_from_micros(), kNow + kDay);
  EXPECT_EQ(WindowsOf("counts").coverage->whole_from_micros(), kNow + kDay);
}

TEST_F(LiveViewsTest, AViewThatIsGoneIsMadeAnewWhereItComesBack) {
  definitions_.stream_views.push_back(Counts("other", {kHour}));
  ASSERT_TRUE(Apply().ok());
  ASSERT_TRUE(Submit({{.at = kNow - kMinute}}).ok());
  const auto gone = definitions_.stream_views.back();
  definitions_.stream_views.pop_back();
  ASSERT_TRUE(Apply().ok());
  EXPECT_EQ(views_->served()->windows.size(), 1U);
  ASSERT_TRUE(Submit({{.at = kNow - kMinute}}).ok());

  definitions_.stream_views.push_back(gone);
  ASSERT_TRUE(Apply().ok());
  EXPECT_EQ(CountIn(WindowsOf("other")), 2);
  EXPECT_EQ(CountIn(WindowsOf("counts")), 2);
}

TEST_F(LiveViewsTest, AnApplyThatFailsOnTheDiskIsDoneBetterTheNextTime) {
  ASSERT_TRUE(Submit({{.at = kNow - kMinute}}).ok());
  definitions_.stream_views.push_back(Counts("other", {kHour}));
  ASSERT_TRUE(ArmFailpoints("live.before_flush=error").ok());
  EXPECT_FALSE(Apply().ok());
  ASSERT_TRUE(ArmFailpoints("").ok());
  EXPECT_EQ(views_->served()->windows.size(), 1U) << "what was stays";
  EXPECT_EQ(CountIn(WindowsOf("counts")), 1);

  ASSERT_TRUE(Apply().ok());
  ASSERT_TRUE(Submit({{.at = kNow - kMinute}}).ok());
  EXPECT_EQ(CountIn(WindowsOf("counts")), 2);
  EXPECT_EQ(CountIn(WindowsOf("other")), 2);
}

TEST_F(LiveViewsTest, WhereIdsCannotBeReadNothingIsWrittenAnyMore) {
  StreamSource& source = definitions_.stream_sources[0];
  source.id_field = "id";
  source.deduplicate_micros = 10 * kMinute;
  ASSERT_TRUE(Apply().ok());
  ASSERT_TRUE(Submit({{.at = kNow - 1, .id = 1}}).ok());
  for (const auto& file :
       std::filesystem::directory_iterator(options_.dir + "/change_log")) {
    if (file.path().extension() != ".segment") continue;
    std::fstream segment(file.path(),
                         std::ios::in | std::ios::out | std::ios::binary);
    segment.seekp(-3, std::ios::end);
    segment.put('\x7f');
  }

  source.deduplicate_micros = 20 * kMinute;

  EXPECT_TRUE(absl::IsDataLoss(Apply()));
  EXPECT_FALSE(Submit({{.at = kNow - 1, .id = 1}}).ok())
      << "it would count again";
  EXPECT_EQ(views_->stats().outcomes["counts"].size(), kEventOutcomes);
}

TEST_F(LiveViewsTest, ASourceWithoutViewsTakesEvents) {
  definitions_.stream_views.clear();
  ASSERT_TRUE(Apply().ok());
  ASSERT_TRUE(Submit({{.at = kNow - kMinute}}).ok());
  EXPECT_EQ(views_->stats().records, 1U);
  EXPECT_TRUE(views_->served()->sources.contains("payments"));
  EXPECT_FALSE(views_->served()->sources.contains("refunds"));
}

TEST_F(LiveViewsTest, WhatBecameOfEventsIsCountedOnThroughChanges) {
  const auto counted = [&](EventOutcome outcome) {
    return views_->stats().outcomes["counts"][static_cast<size_t>(outcome)];
  };
  ASSERT_TRUE(Submit({{.at = kNow - kMinute}, {.at = kNow - 30 * kDay}}).ok());
  EXPECT_EQ(counted(EventOutcome::kAdded), 1);
  EXPECT_EQ(counted(EventOutcome::kLate), 1);

  definitions_.stream_views[0].filter = "cents > 100";
  ASSERT_TRUE(Apply().ok());
  ASSERT_TRUE(Submit({{.at = kNow - kMinute}}).ok());
  EXPECT_EQ(counted(EventOutcome::kAdded), 1);
  EXPECT_EQ(counted(EventOutcome::kFiltered), 1);
  EXPECT_EQ(counted(EventOutcome::kLate), 1);
}

TEST_F(LiveViewsTest, Rule29WhatAHistoryAnswersForIsCountedAndKept) {
  const auto counted = [&](EventOutcome outcome) {
    return views_->stats().outcomes["counts"][static_cast<size_t>(outcome)];
  };
  WindowsOf("counts").coverage->SetHistory(
      {.from_micros = kNow - 30 * kMinute, .end_micros = kNow - 10 * kMinute});
  ASSERT_TRUE(Submit({{.at = kNow - 10 * kMinute},
                      {.at = kNow - 10 * kMinute - 1},
                      {.at = kNow - 30 * kMinute},
                      {.at = kNow - 30 * kMinute - 1},
                      {.at = kNow - 30 * kDay}})
                  .ok());
  // What is older than the history is read from live tiles as well.
  EXPECT_EQ(counted(EventOutcome::kAdded), 2);
  EXPECT_EQ(counted(EventOutcome::kBeforeCutover), 2);
  EXPECT_EQ(counted(EventOutcome::kLate), 1);
  // Without the history all of it answers.
  EXPECT_EQ(CountIn(WindowsOf("counts")), 4);
}

TEST_F(LiveViewsTest, AShortDiskTakesNothing) {
  options_.disk_reserve_bytes = int64_t{1} << 60;
  Open();
  const absl::Status refused = Submit({{.at = kNow - kMinute}});
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr("settings.storage.disk_reserve"));
  EXPECT_EQ(views_->stats().records, 0U);
}

TEST_F(LiveViewsTest, Rule23TheLogForgetsWhatNothingNeeds) {
  options_.log_kept_bytes = 8 << 10;
  options_.log_unflushed_bytes = 1;
  Open();
  const std::vector<Payment> payments(200, Payment{.at = kNow - kMinute});
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Submit(payments).ok());
  const int64_t before = views_->stats().log_bytes;
  ASSERT_TRUE(views_->upkeep().Tidy().ok());
  EXPECT_LT(views_->stats().log_bytes, before / 2);
  Crash();
  EXPECT_EQ(CountIn(WindowsOf("counts")), 4'000);
  EXPECT_EQ(views_->stats().records, 20U);
}

TEST_F(LiveViewsTest, DamageIsNoEmptyStart) {
  ASSERT_TRUE(Submit({{.at = kNow - kMinute}}).ok());
  views_.reset();
  std::filesystem::remove_all(options_.dir + "/change_log");
  const auto opened =
      LiveViews::Open(options_, {definitions_}, resources_, clock_);
  EXPECT_TRUE(absl::IsDataLoss(opened.status())) << opened.status();
}

}  // namespace
}  // namespace freshet
