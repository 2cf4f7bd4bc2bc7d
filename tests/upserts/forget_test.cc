// SPDX-License-Identifier: Apache-2.0
// What `freshet forget` does to what serves, to what comes later and to the
// disk, through the real loader.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/failpoint.h"
#include "tests/upserts/forget_kit.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(ForgetTest, NoVersionAnswersWithItAnyMore) {
  Upsert(Rows(), /*full=*/true);
  Upsert(Rows(), /*full=*/true);
  ASSERT_TRUE(IsServed(7));

  const Forgotten forgotten = Forget(7);

  EXPECT_EQ(forgotten.entity, "user");
  EXPECT_EQ(forgotten.who, "ada");
  ASSERT_EQ(forgotten.views.size(), 1U);
  EXPECT_EQ(forgotten.views[0].view, "user");
  EXPECT_THAT(forgotten.views[0].versions, ElementsAre(1, 2));
  EXPECT_TRUE(forgotten.views[0].certain);
  EXPECT_EQ(forgotten.views[0].erase_micros, clock_.NowMicros() + 60'000'000);
  EXPECT_FALSE(IsServed(7));
  EXPECT_TRUE(IsServed(6));
  EXPECT_EQ(*store_->actions().Rollback("user", "ada"), 1);
  EXPECT_FALSE(IsServed(7));
  Open();
  EXPECT_FALSE(IsServed(7));
  EXPECT_TRUE(IsServed(6));
}

TEST_F(ForgetTest, AHeldVersionIsApprovedWithoutIt) {
  Define("{name: n, type: int64}, {name: m, type: string}",
         "rows_ratio_min: 0.9", 9);
  Upsert(Rows(), /*full=*/true);
  ASSERT_EQ(Load({{7, 100, kSecret}, {8, 100, 8}}, /*full=*/true).outcome,
            JobOutcome::kPendingApproval);

  Forget(7);
  ASSERT_TRUE(store_->actions().Approve("user", 2, "ada").ok());

  EXPECT_EQ(Served(), (Content{{8, 8}}));
  Erase();
  EXPECT_EQ(Served(), (Content{{8, 8}}));
  EXPECT_THAT(FilesWith(kSecretText), IsEmpty());
}

TEST_F(ForgetTest, WhatIsLoadedAfterwardsCountsAgain) {
  Upsert(Rows());
  Forget(7);

  Upsert({{7, 50, 5}, {8, 200, 8}});  // Older than the row that is forgotten.

  EXPECT_EQ(LookedUp(9).at(7), 5);
  EXPECT_EQ(Served().at(7), 5);
  Erase();
  EXPECT_EQ(Served().at(7), 5);
  EXPECT_EQ(current().live_rows, 100);
  EXPECT_THAT(FilesWith(kSecretText), IsEmpty());
  Forget(7);
  EXPECT_FALSE(IsServed(7));
}

TEST_F(ForgetTest, ItIsErasedFromTheDiskWhenThatIsDue) {
  const int64_t first = Upsert(Rows(), /*full=*/true);
  Upsert({{7, 200, kSecret}, {8, 200, 8}});
  Upsert({{9, 200, 9}});
  ASSERT_THAT(FilesWith(kSecretText), testing::SizeIs(2));
  EXPECT_THAT(Forget(7).views[0].versions, ElementsAre(1, 2));

  WaitForFolds();
  EXPECT_EQ(store_->erasure().List().size(), 1U);
  EXPECT_THAT(FilesWith(kSecretText), testing::SizeIs(2));
  Erase();

  EXPECT_THAT(FilesWith(kSecretText), IsEmpty());
  EXPECT_THAT(store_->erasure().List(), IsEmpty());
  EXPECT_TRUE(view().forgotten.empty());
  EXPECT_FALSE(IsServed(7));
  EXPECT_EQ(Served().size(), 99U);
  // Each counts right, also the one above that lost no row of its own.
  EXPECT_EQ(view().versions.at(first).manifest.live_rows, 99);
  EXPECT_EQ(view().versions.at(2).manifest.live_rows, 99);
  EXPECT_EQ(current().live_rows, 99);
  EXPECT_FALSE(view().versions.at(3).recount);
  Open();
  EXPECT_EQ(Served().size(), 99U);
  EXPECT_EQ(store_->notes().size(), 0U);
}

TEST_F(ForgetTest, VersionsThatHaveNotGotItAreLeftAlone) {
  Upsert({{1, 100, 1}}, /*full=*/true);
  Upsert(Rows(), /*full=*/true);
  EXPECT_THAT(Forget(7).views[0].versions, ElementsAre(2));
  Erase();
  EXPECT_EQ(view().versions.at(1).manifest.fold, 0);
  EXPECT_EQ(view().versions.at(2).manifest.fold, 1);

  EXPECT_THAT(Forget(7).views[0].versions, IsEmpty());
  Erase();
  EXPECT_THAT(store_->erasure().List(), IsEmpty());
  EXPECT_EQ(view().versions.at(2).manifest.fold, 1);
}

TEST_F(ForgetTest, ManyAreErasedByOneWriting) {
  Upsert(Rows(), /*full=*/true);
  for (int64_t key = 0; key < 20; ++key) Forget(key);
  Erase();

  EXPECT_EQ(current().fold, 1);
  EXPECT_EQ(current().live_rows, 80);
  EXPECT_EQ(Served().size(), 80U);
  EXPECT_THAT(store_->erasure().List(), IsEmpty());
}

TEST_F(ForgetTest, AFoldLeavesItOut) {
  Upsert(Rows(), /*full=*/true);
  for (int64_t i = 0; i < 4; ++i) Upsert({{7, 200 + i, kSecret}});
  Forget(7);
  Upsert({{8, 200, 8}});

  WaitForFolds();  // Five layers: they are written as one.

  EXPECT_EQ(layers(), 2U);
  EXPECT_EQ(current().rows, 1);
  EXPECT_FALSE(IsServed(7));
  Erase();
  EXPECT_EQ(current().live_rows, 99);
  EXPECT_THAT(FilesWith(kSecretText), IsEmpty());
  EXPECT_THAT(store_->erasure().List(), IsEmpty());
}

// A deleted key of a forgotten entity counts its base's row twice otherwise.
TEST_F(ForgetTest, ADeletedRowIsErasedAsWell) {
  Upsert(Rows(), /*full=*/true);
  Upsert({{7, 200, std::nullopt}, {8, 200, 8}});
  ASSERT_EQ(current().live_rows, 99);
  Forget(7);
  Erase();

  EXPECT_EQ(current().live_rows, 99);
  EXPECT_EQ(current().deleted_rows, 0);
  Upsert({{7, 50, 5}});
  EXPECT_EQ(Served().at(7), 5);
  EXPECT_EQ(current().live_rows, 100);
}

TEST_F(ForgetTest, ALoadThatWritesTheWholeTableLeavesItOut) {
  Upsert(Rows(), /*full=*/true);
  Forget(7);
  Define("{name: n, type: int64}, {name: x, type: int64, default: 0}",
         "rows_ratio_min: 0", 9);

  Define("{name: n, type: int64}", "rows_ratio_min: 0", 9);
  Upsert({{8, 200, 8}});

  ASSERT_EQ(current().base, 0);
  EXPECT_EQ(Served().size(), 99U);
  EXPECT_FALSE(IsServed(7));
  EXPECT_EQ(current().live_rows, 99);
}

TEST_F(ForgetTest, AnUpsertDuringTheWaitCountsRightInTheEnd) {
  Upsert(Rows(), /*full=*/true);
  Forget(7);
  Upsert({{8, 200, 8}, {200, 200, 1}});
  Erase();

  EXPECT_EQ(Served().size(), 100U);
  EXPECT_EQ(current().live_rows, 100);
  EXPECT_FALSE(view().versions.at(2).recount);
}

TEST_F(ForgetTest, ACorruptVersionKeepsItInTheList) {
  Upsert(Rows(), /*full=*/true);
  Upsert(Rows(), /*full=*/true);
  ASSERT_TRUE(store_->catalog()
                  .Commit([&](CatalogState& state) {
                    state.views.at("user").MarkCorrupt(1, "a bit", 1);
                    return absl::OkStatus();
                  })
                  .ok());
  Forget(7);
  Erase();

  ASSERT_EQ(store_->erasure().List().size(), 1U);
  EXPECT_THAT(store_->erasure().List()[0].views[0].versions, ElementsAre(1));
  ASSERT_TRUE(store_->actions().Delete("user", 1).ok());
  WaitForFolds();
  EXPECT_THAT(store_->erasure().List(), IsEmpty());
  EXPECT_THAT(FilesWith(kSecretText), IsEmpty());
}

TEST_F(ForgetTest, AVersionOfAnotherKeyKeepsItInTheList) {
  Upsert(Rows(), /*full=*/true);
  Forget(7);
  ApplyRequest request;
  request.text = store_->catalog().state()->definitions.text;
  request.text.replace(request.text.find("user_id"), 7, "account");
  const auto applied = store_->definitions().Apply(request);
  ASSERT_TRUE(applied.ok() && applied->applied);
  Erase();

  ASSERT_EQ(store_->erasure().List().size(), 1U);
  EXPECT_THAT(store_->erasure().List()[0].views[0].versions, ElementsAre(1));
  request.text.replace(request.text.find("account"), 7, "user_id");
  ASSERT_TRUE(store_->definitions().Apply(request).ok());
  EXPECT_FALSE(IsServed(7));
  Erase();
  EXPECT_THAT(store_->erasure().List(), IsEmpty());
  EXPECT_THAT(FilesWith(kSecretText), IsEmpty());
}

// It read its snapshot before; so it must not end as "loaded afterwards".
TEST_F(ForgetTest, ALoadThatIsUnderWayDoesNotBringItBack) {
  Upsert(Rows(), /*full=*/true);
  bool asked = false;
  Close();
  options_.on_load_change = [&](const LoadJob& job) {
    if (job.phase != JobPhase::kReading || asked) return;
    asked = true;
    EXPECT_TRUE(TryForget(7).ok());
  };
  Open();

  Upsert(Rows(), /*full=*/true);

  ASSERT_TRUE(asked);
  EXPECT_EQ(view().current, 2);
  EXPECT_FALSE(IsServed(7));
  Erase();
  EXPECT_THAT(FilesWith(kSecretText), IsEmpty());
  Close();
  options_.on_load_change = nullptr;
}

// No version has it, and one is about to.
TEST_F(ForgetTest, AFirstLoadThatIsUnderWayKeepsItInTheList) {
  bool asked = false;
  options_.on_load_change = [&](const LoadJob& job) {
    if (job.phase != JobPhase::kReading || asked) return;
    asked = true;
    EXPECT_TRUE(TryForget(7).ok());
    WaitForFolds();  // Looks what is erased.
  };
  Open();

  Upsert(Rows(), /*full=*/true);

  ASSERT_TRUE(asked);
  EXPECT_FALSE(IsServed(7));
  EXPECT_TRUE(IsServed(6));
  Erase();
  EXPECT_THAT(store_->erasure().List(), IsEmpty());
  EXPECT_THAT(FilesWith(kSecretText), IsEmpty());
  Close();
  options_.on_load_change = nullptr;
}

TEST_F(ForgetTest, WritingAnewIsDoneAgainWhereItWasCutShort) {
  options_.say = nullptr;
  Open();
  Upsert(Rows(), /*full=*/true);
  Forget(7);
  for (const char* failpoint :
       {"fold.before_rename", "fold.after_rename", "delete.before_rename"}) {
    ASSERT_TRUE(ArmFailpoints(fmt::format("{}=error", failpoint)).ok());
    Erase();
    EXPECT_EQ(store_->erasure().List().size(), 1U) << failpoint;
    EXPECT_FALSE(IsServed(7));
    ASSERT_TRUE(ArmFailpoints("").ok());
    Open();
    EXPECT_FALSE(IsServed(7));
  }

  Erase();

  EXPECT_THAT(store_->erasure().List(), IsEmpty());
  EXPECT_THAT(FilesWith(kSecretText), IsEmpty());
  EXPECT_EQ(Served().size(), 99U);
}

TEST_F(ForgetTest, TheAuditLogSaysWhatWasDoneAndNeverTheKey) {
  Upsert(Rows(), /*full=*/true);
  const int64_t at = clock_.NowMicros();
  const Forgotten forgotten = Forget(7);
  Erase();

  const std::vector<nlohmann::json> lines = AuditLines();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0]["action"], "forget");
  EXPECT_EQ(lines[0]["at_micros"], at);
  EXPECT_EQ(lines[0]["who"], "ada");
  EXPECT_EQ(lines[0]["entity"], "user");
  EXPECT_EQ(lines[0]["key"], fmt::format("{:016x}", forgotten.hash));
  EXPECT_EQ(lines[0]["views"][0]["view"], "user");
  EXPECT_EQ(lines[0]["views"][0]["versions"], (std::vector<int64_t>{1}));
  EXPECT_EQ(lines[1]["action"], "erased");
  EXPECT_EQ(lines[1]["view"], "user");
  EXPECT_EQ(lines[1]["key"], lines[0]["key"]);
}

TEST_F(ForgetTest, ItIsNotSaidToBeDoneIfTheAuditLogCannotBeWritten) {
  Upsert(Rows(), /*full=*/true);
  ASSERT_TRUE(ArmFailpoints("audit.append=error").ok());

  const auto forgotten = TryForget(7);

  EXPECT_THAT(forgotten.status().ToString(), HasSubstr("committed, but"));
  EXPECT_FALSE(IsServed(7));
  ASSERT_TRUE(ArmFailpoints("").ok());
  Forget(7);  // Asked again.
  EXPECT_EQ(AuditLines().size(), 1U);
}

TEST_F(ForgetTest, OneThatIsGivenTwiceIsOne) {
  Upsert(Rows(), /*full=*/true);

  const auto forgotten = store_->erasure().Forget(
      {.entity = "user",
       .keys = {{Value(int64_t{7})}, {Value(int64_t{7})}},
       .who = "ada"});

  ASSERT_TRUE(forgotten.ok()) << forgotten.status();
  EXPECT_EQ(forgotten->size(), 1U);
  EXPECT_EQ(AuditLines().size(), 1U);
}

TEST_F(ForgetTest, WhatIsNoEntityOrNoKeyIsRefused) {
  const auto forget = [&](const std::string& entity,
                          std::vector<std::vector<Value>> keys) {
    const auto done = store_->erasure().Forget(
        {.entity = entity, .keys = std::move(keys), .who = "ada"});
    return std::string(done.status().message());
  };
  EXPECT_EQ(forget("usr", {{Value(int64_t{7})}}),
            "no entity 'usr'; there is: 'user'");
  EXPECT_THAT(forget("user", {{Value("7")}}),
              HasSubstr("join key 'user_id' is not an int64"));
  EXPECT_THAT(forget("user", {{}}), HasSubstr("a key has 1 parts"));
  EXPECT_THAT(forget("user", {}), HasSubstr("0 keys are given"));
  EXPECT_FALSE(PathExists(AuditPath(options_.directory)));
}

}  // namespace
}  // namespace freshet
