// SPDX-License-Identifier: Apache-2.0
// What an upsert does to what serves, one thing at a time.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/failpoint.h"
#include "base/file.h"
#include "tests/upserts/upserts_kit.h"
#include "versions/layout.h"

namespace freshet {
namespace {

using testing::HasSubstr;
using Phase = VersionRecord::Phase;

class UpsertTest : public UpsertsTest {
 protected:
  ~UpsertTest() override {
    Close();
    CHECK(ArmFailpoints("").ok());
  }

  // Keys 0 to n - 1 with the value 1, at second 100.
  static std::vector<Change> Rows(int64_t n) {
    std::vector<Change> rows;
    for (int64_t key = 0; key < n; ++key) rows.push_back({key, 100, 1});
    return rows;
  }

  std::string Dir(int64_t version, int64_t fold = 0) const {
    return VersionDir(options_.directory, "user", version, fold);
  }

  Phase PhaseOf(int64_t version) const {
    return view().versions.at(version).phase;
  }

  // Five upserts of a row each over a thousand: a fold is due.
  Content FiveUpserts() {
    Upsert(Rows(1000));
    for (int64_t i = 0; i < 5; ++i) Upsert({{i, 200, 10 + i}});
    return Served();
  }
};

TEST_F(UpsertTest, AnOlderRowLosesAndOneOfTheSameTimeWins) {
  Upsert({{1, 100, 1}, {2, 100, 1}, {3, 100, 1}});

  Upsert({{1, 99, 2}, {2, 100, 2}, {4, 50, 2}});

  EXPECT_EQ(Served(), (Content{{1, 1}, {2, 2}, {3, 1}, {4, 2}}));
  EXPECT_EQ(LookedUp(5), Served());
  EXPECT_EQ(current().rows, 2);
  EXPECT_EQ(current().rows_replaced, 1);
  EXPECT_EQ(current().live_rows, 4);
}

TEST_F(UpsertTest, ADeletedKeyStaysDeletedForWhatIsOlder) {
  Upsert(Rows(3));
  Upsert({{1, 200, std::nullopt}, {7, 200, std::nullopt}});
  EXPECT_EQ(Served(), (Content{{0, 1}, {2, 1}}));
  EXPECT_EQ(current().live_rows, 2);
  WaitForFolds();  // Two of three rows: into one version.
  ASSERT_EQ(layers(), 1U);
  EXPECT_EQ(Served(), (Content{{0, 1}, {2, 1}}));

  Upsert({{1, 150, 5}, {7, 250, 6}});

  EXPECT_EQ(Served(), (Content{{0, 1}, {2, 1}, {7, 6}}));
  EXPECT_EQ(current().live_rows, 3);
}

TEST_F(UpsertTest, AsOfNeverGoesBack) {
  Upsert({{1, 100, 1}});
  const int64_t as_of = current().as_of_micros;

  Upsert({{2, 50, 1}});
  EXPECT_EQ(current().as_of_micros, as_of);
  Upsert({});
  EXPECT_EQ(current().as_of_micros, as_of);
}

TEST_F(UpsertTest, AFullSnapshotTakesThePlaceOfAll) {
  Upsert(Rows(10));
  Upsert({{11, 200, 1}});

  Upsert({{5, 200, 9}}, /*full=*/true);

  EXPECT_EQ(current().base, 0);
  EXPECT_EQ(Served(), (Content{{5, 9}}));
}

TEST_F(UpsertTest, FewChangesAreFoldedAmongThemselves) {
  const Content content = FiveUpserts();
  const int64_t version = view().current;

  WaitForFolds();

  EXPECT_EQ(view().current, version);
  EXPECT_EQ(layers(), 2U);
  EXPECT_EQ(current().base, 1);
  EXPECT_EQ(current().fold, 1);
  EXPECT_EQ(current().rows, 5);
  EXPECT_EQ(current().live_rows, 1000);
  EXPECT_EQ(Served(), content);
  EXPECT_EQ(LookedUp(1000), content);
}

TEST_F(UpsertTest, ManyChangesAreFoldedWithTheVersionBeneath) {
  Upsert(Rows(100));
  Upsert(std::vector<Change>(11, {3, 200, 7}));  // One row: no fold.
  WaitForFolds();
  EXPECT_EQ(layers(), 2U);
  std::vector<Change> changes = Rows(11);
  for (Change& change : changes) change.value = 2;
  Upsert(changes);
  const Content content = Served();

  WaitForFolds();

  EXPECT_EQ(layers(), 1U);
  EXPECT_EQ(current().rows, 100);
  EXPECT_EQ(Served(), content);
}

TEST_F(UpsertTest, WhatIsLaidOverAFoldedVersionFindsIt) {
  FiveUpserts();
  WaitForFolds();

  Upsert({{0, 300, 99}});

  Content wanted = Served();
  EXPECT_EQ(wanted[0], 99);
  EXPECT_EQ(wanted[4], 14);
  EXPECT_EQ(layers(), 3U);
  Open();
  EXPECT_EQ(Served(), wanted);
}

TEST_F(UpsertTest, OtherFeaturesMakeItOneVersion) {
  Upsert(Rows(1000));
  Define("{name: n, type: int64}, {name: m, type: int64}", "rows_ratio_min: 0",
         3);

  Upsert({{5, 200, 7}});

  EXPECT_EQ(current().base, 0);
  EXPECT_EQ(current().rows, 1000);
  EXPECT_EQ(current().schema.columns().size(), 2U);
  EXPECT_EQ(current().StatsOf(2)->nulls, 999);
  Content wanted;
  for (int64_t key = 0; key < 1000; ++key) wanted[key] = key == 5 ? 7 : 1;
  EXPECT_EQ(Served(), wanted);
}

class HeldUpsertTest : public UpsertTest {
 protected:
  // Version 2 is held by its values, 3 because it is laid over it.
  void HoldTwo() {
    Define("{name: n, type: int64, guard: {max: 100}}", "rows_ratio_min: 0", 3);
    Upsert(Rows(1000));
    EXPECT_EQ(Load({{1, 200, 1000}}).outcome, JobOutcome::kPendingApproval);
    const LoadJob later = Load({{2, 300, 2}});
    EXPECT_EQ(later.outcome, JobOutcome::kPendingApproval);
    EXPECT_THAT(later.message, HasSubstr("laid over version 2"));
    ASSERT_EQ(Served()[1], 1);
    ASSERT_EQ(Served()[2], 1);
  }
};

TEST_F(HeldUpsertTest, WhatWaitsForItGoesLiveWithIt) {
  HoldTwo();

  const absl::Status done = store_->actions().Approve("user", 2, "test");

  ASSERT_TRUE(done.ok()) << done;
  EXPECT_EQ(view().current, 3);
  EXPECT_EQ(Served()[1], 1000);
  EXPECT_EQ(Served()[2], 2);
}

TEST_F(HeldUpsertTest, TheLaterOneCannotBeApprovedFirst) {
  HoldTwo();

  const absl::Status done = store_->actions().Approve("user", 3, "test");

  EXPECT_TRUE(absl::IsFailedPrecondition(done)) << done;
  EXPECT_THAT(done.ToString(), HasSubstr("freshet approve user 2"));
  EXPECT_EQ(view().current, 1);
}

TEST_F(HeldUpsertTest, ThoseOverARejectedOneGoWithIt) {
  HoldTwo();

  const auto gone = store_->actions().Reject("user", 2);

  ASSERT_TRUE(gone.ok()) << gone.status();
  EXPECT_EQ(*gone, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(view().versions.size(), 1U);
  EXPECT_FALSE(PathExists(Dir(2)));
  EXPECT_FALSE(PathExists(Dir(3)));
  Upsert({{3, 400, 3}});
  EXPECT_EQ(Served()[1], 1);
  EXPECT_EQ(Served()[3], 3);
}

TEST_F(HeldUpsertTest, WhatIsNotToBeActivatedDoesNotGoLiveWithIt) {
  HoldTwo();
  const LoadJob kept = Load({{5, 300, 5}}, /*full=*/false, /*activate=*/false);
  ASSERT_EQ(kept.outcome, JobOutcome::kPendingApproval) << kept.message;

  const absl::Status done = store_->actions().Approve("user", 2, "test");

  ASSERT_TRUE(done.ok()) << done;
  EXPECT_EQ(view().current, 3);
  EXPECT_EQ(Served()[5], 1);
  ASSERT_TRUE(store_->actions().Approve("user", kept.version, "test").ok());
  EXPECT_EQ(Served()[5], 5);
}

TEST_F(HeldUpsertTest, OtherFeaturesWaitUntilItIsDecided) {
  HoldTwo();
  Define("{name: n, type: int64}, {name: m, type: int64}", "rows_ratio_min: 0",
         3);
  const LoadJob refused = Load({{3, 300, 3}});
  EXPECT_TRUE(absl::IsFailedPrecondition(refused.error)) << refused.message;
  EXPECT_THAT(refused.message, HasSubstr("freshet approve user 2"));

  ASSERT_TRUE(store_->actions().Approve("user", 2, "test").ok());

  Upsert({{3, 300, 3}});
  EXPECT_EQ(Served()[1], 1000);
  EXPECT_EQ(Served()[2], 2);
  EXPECT_EQ(Served()[3], 3);
}

TEST_F(UpsertTest, WhatIsWrittenTogetherAndHeldHoldsWhatComesAfter) {
  Upsert({{1, 100, 1}, {2, 100, 1}});
  Define("{name: n, type: int64, guard: {max: 50}}, {name: m, type: int64}",
         "rows_ratio_min: 0", 3);
  ASSERT_EQ(Load({{1, 200, 1000}}).outcome, JobOutcome::kPendingApproval);

  EXPECT_EQ(Load({{2, 300, 2}}).outcome, JobOutcome::kPendingApproval);

  ASSERT_TRUE(store_->actions().Approve("user", 2, "test").ok());
  EXPECT_EQ(Served(), (Content{{1, 1000}, {2, 2}}));
}

TEST_F(UpsertTest, WhileTheFirstWaitsTheNextIsNotTakenForAll) {
  Define("{name: n, type: int64, guard: {max: 50}}", "rows_ratio_min: 0", 3);
  ASSERT_EQ(Load({{1, 100, 1000}, {2, 100, 1}}).outcome,
            JobOutcome::kPendingApproval);

  const LoadJob next = Load({{2, 200, 2}});

  EXPECT_EQ(next.outcome, JobOutcome::kPendingApproval) << next.message;
  ASSERT_TRUE(store_->actions().Approve("user", 1, "test").ok());
  EXPECT_EQ(Served(), (Content{{1, 1000}, {2, 2}}));
}

TEST_F(UpsertTest, WithoutAVersionThatServesItIsRefused) {
  options_.say = nullptr;
  Open();
  Upsert(Rows(1000));
  Upsert({{1, 200, 2}});
  Close();
  ASSERT_TRUE(RemoveTree(Dir(1)).ok());
  Open();
  ASSERT_EQ(view().current, 0);

  const LoadJob refused = Load({{2, 300, 3}});

  EXPECT_TRUE(absl::IsFailedPrecondition(refused.error)) << refused.message;
  EXPECT_THAT(refused.message, HasSubstr("--full"));
  Upsert(Rows(10), /*full=*/true);
  EXPECT_EQ(Served().size(), 10U);
}

TEST_F(UpsertTest, NoRowsAreNoNewsHoweverOldTheDataIs) {
  Upsert(Rows(10));
  Define("{name: n, type: int64}", "age_max: 1h", 3);

  Upsert({});

  EXPECT_EQ(Served().size(), 10U);
}

TEST_F(UpsertTest, WhatItIsLaidOverIsKept) {
  Define("{name: n, type: int64}", "rows_ratio_min: 0", 1);
  Upsert(Rows(1000));
  Upsert({{1, 200, 2}});
  Upsert({{2, 200, 2}});

  EXPECT_EQ(view().versions.size(), 3U);
  const absl::Status done = store_->actions().Delete("user", 1);
  EXPECT_TRUE(absl::IsFailedPrecondition(done)) << done;
  EXPECT_THAT(done.ToString(), HasSubstr("version 2 is laid over version 1"));
}

TEST_F(UpsertTest, DamageBeneathItIsFoundAndAnotherServes) {
  options_.say = nullptr;
  Open();
  Upsert(Rows(1000));
  Upsert(Rows(1000), /*full=*/true);
  Upsert({{1, 200, 2}});
  ASSERT_EQ(view().current, 3);
  Close();
  ASSERT_TRUE(RemoveTree(Dir(2)).ok());

  Open();

  EXPECT_EQ(PhaseOf(2), Phase::kCorrupt);
  EXPECT_EQ(view().current, 1);
  EXPECT_EQ(Served().size(), 1000U);
}

TEST_F(UpsertTest, ALoadThatWasOvertakenBeginsAnew) {
  Upsert(Rows(1000));
  Upsert({{1, 200, 2}});
  bool rolled_back = false;
  options_.on_load_change = [&](const LoadJob& job) {
    if (job.phase != JobPhase::kVerifying || rolled_back) return;
    rolled_back = true;
    EXPECT_TRUE(store_->actions().Rollback("user", "test").ok());
  };
  Open();

  Upsert({{2, 300, 3}});

  ASSERT_TRUE(rolled_back);
  EXPECT_EQ(current().base, 1);
  EXPECT_EQ(Served()[1], 1);
  EXPECT_EQ(Served()[2], 3);
}

class FoldCutShortTest : public UpsertTest,
                         public testing::WithParamInterface<const char*> {};

TEST_P(FoldCutShortTest, LosesNothingAndLeavesNothing) {
  std::vector<std::string> troubles;
  options_.say = [&](const std::string& sentence, bool trouble) {
    if (trouble) troubles.push_back(sentence);
  };
  Open();
  ASSERT_TRUE(ArmFailpoints(fmt::format("{}=error", GetParam())).ok());
  const Content content = FiveUpserts();
  WaitForFolds();
  ASSERT_EQ(troubles.size(), 1U);
  EXPECT_THAT(troubles[0], HasSubstr("could not be folded"));
  EXPECT_EQ(Served(), content);

  ASSERT_TRUE(ArmFailpoints("").ok());
  Open();
  WaitForFolds();

  EXPECT_EQ(Served(), content);
  EXPECT_EQ(layers(), 2U);
  Open();  // What the fold replaced is removed by now.
  EXPECT_EQ(Served(), content);
  EXPECT_FALSE(PathExists(Dir(6)));
  EXPECT_TRUE(PathExists(Dir(6, 1)));
}

INSTANTIATE_TEST_SUITE_P(Points, FoldCutShortTest,
                         testing::Values("fold.building", "fold.before_rename",
                                         "fold.after_rename",
                                         "fold.committed"));

TEST_F(UpsertTest, ACatalogIsRebuiltFromLayers) {
  options_.say = nullptr;
  FiveUpserts();
  WaitForFolds();
  Upsert({{9, 300, 9}});
  const Content content = Served();
  Close();
  for (const char* name : {"/catalog.a", "/catalog.b"}) {
    ASSERT_TRUE(RemoveTree(options_.directory + name).ok());
  }

  Open();
  Define("{name: n, type: int64}", "rows_ratio_min: 0", 3);

  EXPECT_EQ(Served(), content);
}

}  // namespace
}  // namespace freshet
