// SPDX-License-Identifier: Apache-2.0
#include "versions/version_actions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/failpoint.h"
#include "tests/versions/store_kit.h"
#include "versions/layout.h"
#include "versions/rules/version_checks.h"

namespace freshet {
namespace {

using ::testing::HasSubstr;
using Phase = VersionRecord::Phase;

class VersionActionsTest : public ::testing::Test {
 protected:
  VersionActionsTest() { kit_.Apply(UserYaml({"number: int64"})); }
  ~VersionActionsTest() override { EXPECT_TRUE(ArmFailpoints("").ok()); }

  VersionActions& actions() { return kit_.parts->actions; }
  std::string Serves() { return kit_.Read("user.number"); }
  int64_t RowCacheHits() {
    return kit_.parts->resources.stats().row_cache_hits;
  }
  bool HasDir(int64_t version) {
    return PathExists(VersionDir(kit_.dir(), "user", version));
  }
  int64_t LoadHeld() {
    kit_.clock.Advance(kSecondMicros);
    auto request = kit_.Build();
    EXPECT_TRUE(request.ok());
    request->activate = false;
    request->phase = Phase::kPendingApproval;
    request->message = "too few rows";
    EXPECT_TRUE(CommitVersion(kit_.dir(), *kit_.parts->catalog, *request).ok());
    return request->manifest.version;
  }
  std::vector<int64_t> Kept() {
    std::vector<int64_t> ids;
    for (const auto& [id, record] : kit_.view().versions) ids.push_back(id);
    return ids;
  }

  StoreKit kit_;
};

void OverwriteMiddle(const std::string& path) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(path) / 2));
  file << "damage";
  ASSERT_TRUE(file.good());
}

void ExpectRefused(const absl::Status& status, std::string_view why) {
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(std::string(why)));
}

TEST_F(VersionActionsTest, ActivatedVersionServesAtOnce) {
  kit_.Load();
  kit_.Load();
  ASSERT_TRUE(actions().Activate("user", 1, "ada").ok());
  EXPECT_EQ(Serves(), "1");
  EXPECT_EQ(kit_.view().activations.back().why, "activate");
  EXPECT_EQ(kit_.view().activations.back().who, "ada");
}

TEST_F(VersionActionsTest, ActivatingTheCurrentVersionCommitsNothing) {
  kit_.Load();
  const int64_t before = kit_.parts->catalog->state()->sequence;
  ASSERT_TRUE(actions().Activate("user", 1, "ada").ok());
  EXPECT_EQ(kit_.parts->catalog->state()->sequence, before);
}

TEST_F(VersionActionsTest, OlderAsOfIsActivatedByHand) {
  kit_.Load({.as_of_micros = kStart + 10});
  kit_.Load({.as_of_micros = kStart + 9});
  EXPECT_EQ(Serves(), "1");
  ASSERT_TRUE(actions().Activate("user", 2, "ada").ok());
  EXPECT_EQ(Serves(), "2");
}

TEST_F(VersionActionsTest, UnknownVersionIsNotFoundAndSaysWhatThereIs) {
  kit_.Load();
  const absl::Status status = actions().Activate("user", 9, "ada");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("1 (current)"));
}

TEST_F(VersionActionsTest, UnknownViewIsNotFoundAndSaysWhatThereIs) {
  const absl::Status status = actions().Activate("usr", 1, "ada");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("there is: 'user'"));
}

TEST_F(VersionActionsTest, DamagedVersionIsMarkedAndWhatServesStays) {
  kit_.Load();
  kit_.Load();
  TruncateFile(FirstTable(VersionDir(kit_.dir(), "user", 1)), 50);

  EXPECT_EQ(actions().Activate("user", 1, "ada").code(),
            absl::StatusCode::kDataLoss);

  EXPECT_EQ(Serves(), "2");
  EXPECT_EQ(kit_.view().versions.at(1).phase, Phase::kCorrupt);
  ExpectRefused(actions().Activate("user", 1, "ada"), "is corrupt");
}

bool Waits() { return true; }

TEST_F(VersionActionsTest, WhatIsAskedForIsReadBeforeItIsActivated) {
  kit_.Load();
  kit_.Load();
  kit_.AskForAll();
  ASSERT_TRUE(actions().Activate("user", 1, "ada", Waits).ok());
  const int64_t hits = RowCacheHits();
  EXPECT_EQ(Serves(), "1");
  EXPECT_EQ(RowCacheHits(), hits + 1);
}

TEST_F(VersionActionsTest, NothingIsReadAheadOfWhatIsToServeAtOnce) {
  kit_.Load();
  kit_.Load();
  kit_.AskForAll();
  ASSERT_TRUE(actions().Activate("user", 1, "ada").ok());
  const int64_t hits = RowCacheHits();
  EXPECT_EQ(Serves(), "1");
  EXPECT_EQ(RowCacheHits(), hits);
}

TEST_F(VersionActionsTest, WhatIsAskedForIsReadBeforeItIsApproved) {
  kit_.Load();
  kit_.AskForAll();
  LoadHeld();
  ASSERT_TRUE(actions().Approve("user", 2, "ada", Waits).ok());
  const int64_t hits = RowCacheHits();
  EXPECT_EQ(Serves(), "2");
  EXPECT_EQ(RowCacheHits(), hits + 1);
}

TEST_F(VersionActionsTest, NobodyWhoWaitsForItMeansThatNothingIsDone) {
  kit_.Load();
  kit_.Load();
  EXPECT_EQ(actions().Activate("user", 1, "ada", [] { return false; }).code(),
            absl::StatusCode::kCancelled);
  EXPECT_EQ(Serves(), "2");
}

TEST_F(VersionActionsTest, ARollbackMeanwhileIsTheLastWord) {
  for (int i = 0; i < 3; ++i) kit_.Load();
  const absl::Status status = actions().Activate(
      "user", 1, "ada", [&] { return actions().Rollback("user", "bob").ok(); });
  ExpectRefused(status, "version 2 became current");
  EXPECT_EQ(Serves(), "2");
}

TEST_F(VersionActionsTest, WhatAnotherActivatedMeanwhileIsDone) {
  for (int i = 0; i < 2; ++i) kit_.Load();
  EXPECT_TRUE(
      actions()
          .Activate("user", 1, "ada",
                    [&] { return actions().Activate("user", 1, "bob").ok(); })
          .ok());
  EXPECT_EQ(Serves(), "1");
  EXPECT_EQ(kit_.view().activations.back().who, "bob");
}

TEST_F(VersionActionsTest, OneVersionOfAViewIsReadAheadAtATime) {
  kit_.Load({.rows = 2'000});
  kit_.Load({.rows = 2'000});
  kit_.AskForAll();
  absl::StatusCode second = absl::StatusCode::kOk;
  int asked = 0;
  const absl::Status first = actions().Activate("user", 1, "ada", [&] {
    if (++asked == 1)
      second = actions().Activate("user", 1, "bob", Waits).code();
    return true;
  });
  EXPECT_EQ(first, absl::OkStatus());
  EXPECT_EQ(second, absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(asked, 2);  // Within, and after it.
  kit_.Load({.rows = 2'000});
  EXPECT_TRUE(actions().Activate("user", 1, "bob", Waits).ok());
}

TEST_F(VersionActionsTest, DamageThatShowsWhenItIsReadIsMarked) {
  kit_.Load({.rows = 20'000});
  kit_.Load({.rows = 20'000});
  kit_.AskForAll();
  OverwriteMiddle(FirstTable(VersionDir(kit_.dir(), "user", 1)));
  EXPECT_EQ(actions().Activate("user", 1, "ada", Waits).code(),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(Serves(), "2");
  EXPECT_EQ(kit_.view().versions.at(1).phase, Phase::kCorrupt);
}

TEST_F(VersionActionsTest, RollbackServesTheVersionBefore) {
  for (int i = 0; i < 3; ++i) kit_.Load();
  const auto version = actions().Rollback("user", "ada");
  ASSERT_TRUE(version.ok()) << version.status();
  EXPECT_EQ(*version, 2);
  EXPECT_EQ(Serves(), "2");
  EXPECT_EQ(kit_.view().activations.back().why, "rollback");
}

TEST_F(VersionActionsTest, RollbackTwiceComesBack) {
  kit_.Load();
  kit_.Load();
  EXPECT_EQ(*actions().Rollback("user", "ada"), 1);
  EXPECT_EQ(*actions().Rollback("user", "ada"), 2);
  EXPECT_EQ(Serves(), "2");
}

TEST_F(VersionActionsTest, RollbackWithoutAnEarlierVersionIsRefused) {
  kit_.Load();
  ExpectRefused(actions().Rollback("user", "ada").status(),
                "no earlier version");
}

TEST_F(VersionActionsTest, FailedCommitServesWhatServed) {
  kit_.Load();
  kit_.Load();
  ASSERT_TRUE(ArmFailpoints("catalog.before_write=error").ok());
  EXPECT_FALSE(actions().Rollback("user", "ada").ok());
  EXPECT_EQ(Serves(), "2");
}

TEST_F(VersionActionsTest, HeldVersionIsNotActivatedButApproved) {
  kit_.Load();
  ASSERT_EQ(LoadHeld(), 2);
  ExpectRefused(actions().Activate("user", 2, "ada"), "freshet approve user 2");

  ASSERT_TRUE(actions().Approve("user", 2, "ada").ok());

  EXPECT_EQ(Serves(), "2");
  EXPECT_EQ(kit_.view().versions.at(2).phase, Phase::kKept);
  EXPECT_EQ(kit_.view().activations.back().why, "approve");
}

TEST_F(VersionActionsTest, RejectedVersionIsDeletedWithItsLabels) {
  kit_.Load();
  auto request = kit_.Build();
  request->activate = false;
  request->phase = Phase::kPendingApproval;
  request->label = "canary";
  ASSERT_TRUE(CommitVersion(kit_.dir(), *kit_.parts->catalog, *request).ok());

  ASSERT_TRUE(actions().Reject("user", 2).ok());

  EXPECT_FALSE(HasDir(2));
  EXPECT_TRUE(kit_.view().labels.empty());
  EXPECT_EQ(Serves(), "1");
}

TEST_F(VersionActionsTest, VersionThatIsNotHeldIsNeitherApprovedNorRejected) {
  kit_.Load();
  ExpectRefused(actions().Approve("user", 1, "ada"), "does not wait");
  ExpectRefused(actions().Reject("user", 1).status(), "does not wait");
}

TEST_F(VersionActionsTest, PinnedVersionIsOpenAndNotDeleted) {
  kit_.Load();
  kit_.Load();
  ASSERT_TRUE(actions().Pin("user", 1, true).ok());
  EXPECT_EQ(kit_.Read("user.number", {.label = "", .pins = {{"user", 1}}}),
            "1");
  ExpectRefused(actions().Delete("user", 1), "is pinned");

  ASSERT_TRUE(actions().Pin("user", 1, false).ok());
  EXPECT_THAT(kit_.Read("user.number", {.label = "", .pins = {{"user", 1}}}),
              HasSubstr("no open version 1"));
  EXPECT_TRUE(actions().Delete("user", 1).ok());
}

TEST_F(VersionActionsTest, PinnedHeldVersionIsSeenByPinsAlone) {
  kit_.Load();
  auto request = kit_.Build();
  ASSERT_TRUE(request.ok());
  request->activate = false;
  request->phase = VersionRecord::Phase::kPendingApproval;
  ASSERT_TRUE(CommitVersion(kit_.dir(), *kit_.parts->catalog, *request).ok());
  const VersionChoice pin{.label = "", .pins = {{"user", 2}}};
  EXPECT_THAT(kit_.Read("user.number", pin), HasSubstr("freshet pin user 2"));

  ASSERT_TRUE(actions().Pin("user", 2, true).ok());

  EXPECT_EQ(kit_.Read("user.number", pin), "2");
  EXPECT_EQ(Serves(), "1");
  ExpectRefused(actions().SetLabel("user", "canary", 2), "waits for approval");
}

TEST_F(VersionActionsTest, LabelledVersionIsOpenAndNotDeleted) {
  kit_.Load();
  kit_.Load();
  ASSERT_TRUE(actions().SetLabel("user", "canary", 1).ok());
  EXPECT_EQ(kit_.Read("user.number", {.label = "canary", .pins = {}}), "1");
  ExpectRefused(actions().Delete("user", 1), "label 'canary'");

  ASSERT_TRUE(actions().SetLabel("user", "canary", 0).ok());
  EXPECT_TRUE(actions().Delete("user", 1).ok());
  EXPECT_EQ(actions().SetLabel("user", "canary", 0).code(),
            absl::StatusCode::kNotFound);
}

TEST_F(VersionActionsTest, PositionsAndBadNamesAreNoLabels) {
  kit_.Load();
  for (const char* label : {"current", "previous", "", "a b", "A"}) {
    EXPECT_EQ(actions().SetLabel("user", label, 1).code(),
              absl::StatusCode::kInvalidArgument)
        << label;
  }
}

TEST_F(VersionActionsTest, CurrentVersionIsNotDeleted) {
  kit_.Load();
  ExpectRefused(actions().Delete("user", 1), "is current");
}

TEST_F(VersionActionsTest, DeletedVersionLeavesNothing) {
  kit_.Load();
  kit_.Load();
  ASSERT_TRUE(actions().Delete("user", 1).ok());
  EXPECT_EQ(*ListDir(ViewDir(kit_.dir(), "user")),
            (std::vector<std::string>{"v2"}));
  EXPECT_EQ(Kept(), (std::vector<int64_t>{2}));
  EXPECT_EQ(kit_.view().activations.size(), 2u);  // For ever.
}

TEST_F(VersionActionsTest, ReaderOfADeletedVersionReadsOn) {
  kit_.Load();
  const Serving::SetPtr held = kit_.parts->serving.Current();
  kit_.Load();
  ASSERT_TRUE(actions().Delete("user", 1).ok());

  const std::string_view keys[] = {"k0", "k9"};
  RowBatch rows;
  held->FindView("user")->current->LookupCached(keys, rows);
  held->FindView("user")->current->LookupDisk(keys, rows);
  EXPECT_EQ(rows.state(0), RowBatch::State::kFound);
  EXPECT_EQ(rows.state(1), RowBatch::State::kFound);
}

TEST_F(VersionActionsTest, RetentionKeepsTheCurrentVersionAndTheOneBefore) {
  for (int i = 0; i < 4; ++i) kit_.Load();
  ASSERT_TRUE(actions().ApplyRetention("user").ok());
  EXPECT_EQ(Kept(), (std::vector<int64_t>{3, 4}));
  EXPECT_FALSE(HasDir(1));
  EXPECT_FALSE(HasDir(2));
}

TEST_F(VersionActionsTest, RoomIsMadeByTheOldestUnprotectedVersion) {
  for (int i = 0; i < 3; ++i) kit_.Load();
  ASSERT_TRUE(actions().Pin("user", 1, true).ok());
  ASSERT_TRUE(actions().DeleteOldest().ok());
  EXPECT_EQ(Kept(), (std::vector<int64_t>{1, 3}));
  EXPECT_EQ(actions().DeleteOldest().code(), absl::StatusCode::kNotFound);
}

TEST(HaveSameFilesTest, AFoldOfItOrOfWhatItIsLaidOverPutsItElsewhere) {
  ViewRecord view;
  for (const int64_t id : {1, 2}) {
    view.versions[id].manifest.version = id;
    view.versions[id].manifest.base = id - 1;
  }
  ViewRecord other = view;
  EXPECT_TRUE(HaveSameFiles(view, other, 2));
  other.versions[1].manifest.fold = 1;
  EXPECT_FALSE(HaveSameFiles(view, other, 1));
  EXPECT_FALSE(HaveSameFiles(view, other, 2));
  other = view;
  other.versions[2].manifest.base = 0;
  EXPECT_FALSE(HaveSameFiles(view, other, 2));
  EXPECT_TRUE(HaveSameFiles(view, other, 1));
  other.versions.erase(1);
  EXPECT_FALSE(HaveSameFiles(view, other, 1));
}

}  // namespace
}  // namespace freshet
