// SPDX-License-Identifier: Apache-2.0
// Windows that are made anew from the change log, beside those that serve.
#include "ingest/live/live_build.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "ingest/live/live_erasure.h"
#include "storage/live/window_rows.h"
#include "tests/live_applier/live_views_kit.h"

namespace freshet {
namespace {

using enum AggregateFunction;
using BuildState = LiveViews::BuildState;

class LiveBuildTest : public LiveViewsTest {
 protected:
  LiveBuildTest() { options_.built_at_once_bytes = 0; }

  // Of `counts`, from this Apply on.
  void Filter(const std::string& filter) {
    definitions_.stream_views[0].filter = filter;
    ASSERT_TRUE(Apply().ok());
  }
  void Build() {
    for (int i = 0; i < 10'000; ++i) {
      const auto state = views_->upkeep().Build();
      ASSERT_TRUE(state.ok()) << state.status();
      if (*state != BuildState::kGoesOn) break;
    }
    ASSERT_TRUE(Apply().ok());
  }
  bool IsIncompleteNow(size_t feature) const {
    const LiveWindows counts = WindowsOf("counts");
    return IsIncomplete(*counts.plan, {*counts.coverage}, feature,
                        clock_.NowMicros());
  }
  bool IsBuilding() const {
    return WindowsOf("counts").records_left != nullptr;
  }
};

TEST_F(LiveBuildTest, Rule15TheOldGenerationServesUntilTheNewOneIsMade) {
  clock_.Set(kNow + 2 * kHour);
  const int64_t at = clock_.NowMicros() - kMinute;
  ASSERT_TRUE(Submit({{.cents = 1, .at = at}, {.cents = 300, .at = at}}).ok());
  auto& functions = definitions_.stream_views[0].aggregations[0].functions;
  functions.push_back({.function = kMax});
  Filter("cents > 100");

  ASSERT_TRUE(IsBuilding());
  EXPECT_EQ(CountIn(WindowsOf("counts")), 2) << "as it was";
  EXPECT_FALSE(IsIncompleteNow(0));
  EXPECT_TRUE(IsIncompleteNow(1)) << "there is no maximum yet";
  ASSERT_TRUE(Submit({{.cents = 5, .at = at}, {.cents = 400, .at = at}}).ok());
  EXPECT_EQ(CountIn(WindowsOf("counts")), 4);

  Build();
  EXPECT_FALSE(IsBuilding());
  EXPECT_EQ(CountIn(WindowsOf("counts")), 2);
  EXPECT_EQ(CountIn(WindowsOf("counts"), 1), 400);
  ASSERT_TRUE(Submit({{.cents = 500, .at = at}, {.cents = 7, .at = at}}).ok());
  Crash();
  EXPECT_EQ(CountIn(WindowsOf("counts")), 3);
  EXPECT_EQ(CountIn(WindowsOf("counts"), 1), 500);
}

TEST_F(LiveBuildTest, Rule27WhatIsMadeIsWholeFromWhereTheLogBegins) {
  const int64_t skew = definitions_.stream_sources[0].max_future_skew_micros;
  clock_.Set(kNow + kHour);
  ASSERT_TRUE(Submit({{.at = kNow}}).ok());
  clock_.Set(kNow + kDay);
  Filter("cents > 0");
  Build();
  EXPECT_EQ(WindowsOf("counts").coverage->whole_from_micros(),
            kNow + kHour + skew);
  // And of what was lost.
  ASSERT_TRUE(views_->progress().MarkLost("payments", kNow + 2 * kDay).ok());
  Filter("cents > 1");
  Build();
  EXPECT_EQ(WindowsOf("counts").coverage->whole_from_micros(), kNow + 2 * kDay);
  ASSERT_TRUE(views_->progress().MarkLost("another", kNow + 9 * kDay).ok());
  Filter("cents > 2");
  Build();
  EXPECT_EQ(WindowsOf("counts").coverage->whole_from_micros(), kNow + 2 * kDay);
}

TEST_F(LiveBuildTest, ANewViewOfASourceKnowsWhatCameBefore) {
  clock_.Set(kNow + 2 * kHour);
  ASSERT_TRUE(Submit({{.at = clock_.NowMicros() - kMinute}}).ok());
  definitions_.stream_views.push_back(Counts("later", {kHour}));
  ASSERT_TRUE(Apply().ok());
  const LiveWindows later = WindowsOf("later");
  ASSERT_NE(later.records_left, nullptr);
  EXPECT_TRUE(
      IsIncomplete(*later.plan, {*later.coverage}, 0, clock_.NowMicros()));
  Build();
  EXPECT_EQ(*later.records_left, 0U);
  EXPECT_EQ(CountIn(WindowsOf("later")), 1);
}

TEST_F(LiveBuildTest, AChangeThatIsTakenBackLosesNothing) {
  ASSERT_TRUE(Submit({{.cents = 1, .at = kNow - 1}}).ok());
  const auto before = WindowsOf("counts").generation;
  Filter("cents > 100");
  ASSERT_TRUE(views_->upkeep().Build().ok());
  Filter("");
  EXPECT_FALSE(IsBuilding());
  EXPECT_EQ(WindowsOf("counts").generation, before);
  EXPECT_EQ(CountIn(WindowsOf("counts")), 1);
  const auto state = views_->upkeep().Build();
  ASSERT_TRUE(state.ok());
  EXPECT_EQ(*state, BuildState::kNothing);
}

TEST_F(LiveBuildTest, ACrashBeginsItAgain) {
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(Submit({{.cents = i, .at = kNow - 1}}).ok());
  }
  Filter("cents >= 20");
  ASSERT_TRUE(views_->upkeep().Build().ok());
  Crash();
  ASSERT_TRUE(IsBuilding());
  EXPECT_TRUE(IsIncompleteNow(0)) << "nobody knows the tiles of before";
  Build();
  EXPECT_EQ(CountIn(WindowsOf("counts")), 30);
  // Made, and not yet used.
  definitions_.stream_views[0].filter = "cents >= 10";
  ASSERT_TRUE(Apply().ok());
  ASSERT_TRUE(views_->upkeep().Build().ok());
  ASSERT_TRUE(ArmFailpoints("live.before_flush=error").ok());
  EXPECT_FALSE(Apply().ok());
  ASSERT_TRUE(ArmFailpoints("").ok());
  EXPECT_EQ(CountIn(WindowsOf("counts")), 30);
  Crash();
  Build();
  EXPECT_EQ(CountIn(WindowsOf("counts")), 40);
}

TEST_F(LiveBuildTest, WithOtherKeysNothingAnswersUntilItIsMade) {
  definitions_.entities.push_back(definitions_.entities[0]);
  definitions_.entities[1].name = "payment";
  definitions_.entities[1].join_keys[0] = {
      .name = "id", .type = {.kind = Kind::kInt64}, .at = {}};
  ASSERT_TRUE(Submit({{.at = kNow - 1, .id = 7}}).ok());
  definitions_.stream_views[0].entities = {"user", "payment"};
  ASSERT_TRUE(Apply().ok());
  EXPECT_TRUE(IsIncompleteNow(0));
  EXPECT_EQ(WindowsOf("counts").plan->event.key.size(), 2U);
  Build();
  EXPECT_FALSE(IsBuilding());
}

TEST_F(LiveBuildTest, WhatIsForgottenIsNotMade) {
  const auto forget = [&](const std::string& user) {
    const auto forgotten = views_->erasure().Forget(
        {.entity = "user",
         .join_keys = {{"user", {.kind = Kind::kString}}},
         .keys = {{Value{user}}},
         .who = "somebody"},
        *views_);
    ASSERT_TRUE(forgotten.ok()) << forgotten.status();
  };
  ASSERT_TRUE(Submit({{.at = kNow - 1}}).ok());
  forget("ann");
  ASSERT_TRUE(Submit({{.at = kNow - 1}}).ok());
  Filter("cents > 0");
  Build();
  EXPECT_EQ(CountIn(WindowsOf("counts")), 1);

  // In the middle of it.
  Filter("cents > 1");
  ASSERT_TRUE(views_->upkeep().Build().ok());
  forget("ann");
  ASSERT_TRUE(Submit({{.at = kNow - 1}, {.at = kNow - 1}}).ok());
  Build();
  EXPECT_EQ(CountIn(WindowsOf("counts")), 2);

  // What serves has nothing of them, and no record says that it is deleted.
  Filter("cents > 1000");
  Build();
  Filter("cents > 2");
  ASSERT_TRUE(views_->upkeep().Build().ok());
  forget("ann");
  Build();
  EXPECT_EQ(CountIn(WindowsOf("counts")), 0);
}

TEST_F(LiveBuildTest, WhatWaitsForItsTimeWaitsAlsoWhereNobodyElseTookIt) {
  Filter("cents > 100");
  Build();
  ASSERT_TRUE(Submit({{.cents = 5, .at = kNow + kMinute}}).ok());
  Filter("cents > 0");
  Build();
  EXPECT_EQ(CountIn(WindowsOf("counts")), 0);
  Crash();
  clock_.Set(kNow + 2 * kMinute);
  ASSERT_TRUE(views_->Release().ok());
  EXPECT_EQ(CountIn(WindowsOf("counts")), 1);
}

TEST_F(LiveBuildTest, TheLogIsKeptUntilItIsMade) {
  options_.log_kept_bytes = 0;
  options_.log_unflushed_bytes = 0;
  options_.log.segment_bytes = 200;
  Open();
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(Submit({{.at = kNow - 1}}).ok());
  }
  Filter("cents > 0");
  ASSERT_TRUE(views_->upkeep().Tidy().ok());
  Build();
  EXPECT_EQ(CountIn(WindowsOf("counts")), 20);
  ASSERT_TRUE(views_->upkeep().Tidy().ok());
  Filter("cents > 1");
  Build();
  EXPECT_LT(CountIn(WindowsOf("counts")), 20) << "and no longer";
}

// What is made from the log is what a view has that was there all the time.
TEST_F(LiveBuildTest, Rule15ItIsAsIfTheViewHadAlwaysBeenThere) {
  const auto seed = static_cast<uint32_t>(std::random_device{}());
  SCOPED_TRACE(seed);
  std::mt19937 chance(seed);
  const auto below = [&](int64_t bound) {
    return std::uniform_int_distribution<int64_t>(0, bound - 1)(chance);
  };
  WindowedView wanted = Counts("wanted", {10 * kMinute, kHour});
  wanted.filter = "cents > 30";
  wanted.aggregations[0].functions = {{.function = kCount},
                                      {.function = kSum},
                                      {.function = kLastN, .n = 4},
                                      {.function = kFirst}};
  definitions_.stream_sources[0].id_field = "id";
  definitions_.stream_sources[0].deduplicate_micros = 10 * kMinute;
  definitions_.stream_views.push_back(wanted);
  ASSERT_TRUE(Apply().ok());

  int64_t now = kNow + kDay;
  const auto push = [&](int64_t rounds) {
    for (int64_t i = 0; i < rounds; ++i) {
      now += below(20 * kSecond);
      clock_.Set(now);
      std::vector<Payment> payments;
      for (int64_t j = below(6); j >= 0; --j) {
        payments.push_back({.user = below(2) == 0 ? "ann" : "bob",
                            .cents = below(100),
                            .at = now - below(kHour) + below(4 * kMinute),
                            .id = below(400)});
      }
      ASSERT_TRUE(Submit(payments).ok());
      if (below(4) == 0) {
        ASSERT_TRUE(views_->Release().ok());
      }
    }
  };
  push(150);
  wanted.name = "counts";
  definitions_.stream_views[0] = wanted;
  ASSERT_TRUE(Apply().ok());
  for (int i = 0; i < 30; ++i) {
    push(3);
    if (below(10) == 0) {
      Crash();
      ASSERT_NO_FATAL_FAILURE(Build());
    }
    ASSERT_TRUE(views_->upkeep().Build().ok());
  }
  Build();
  const auto expect_same = [&] {
    ASSERT_TRUE(views_->Release().ok());
    for (const std::string user : {"ann", "bob"}) {
      for (int64_t back = 0; back < 3; ++back) {
        const LiveWindows made = WindowsOf("counts");
        const LiveWindows always = WindowsOf("wanted");
        EXPECT_EQ(FeaturesIn(made.plan, *made.generation, user,
                             now + back * 7 * kMinute),
                  FeaturesIn(always.plan, *always.generation, user,
                             now + back * 7 * kMinute));
      }
    }
  };
  ASSERT_FALSE(IsBuilding());
  expect_same();
  // What waited, and comes again, too.
  push(60);
  expect_same();
  Crash();
  expect_same();
}

}  // namespace
}  // namespace freshet
