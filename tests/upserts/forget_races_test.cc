// SPDX-License-Identifier: Apache-2.0
// What is forgotten while something else is going on, or lies where nobody
// looks.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/failpoint.h"
#include "tests/upserts/forget_kit.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ForgetRacesTest : public ForgetTest {
 protected:
  // The view's only join key gets another name.
  void Rename(const std::string& from, const std::string& to) {
    ApplyRequest request;
    request.text = store_->catalog().state()->definitions.text;
    request.text.replace(request.text.find(from), from.size(), to);
    const auto applied = store_->definitions().Apply(request);
    ASSERT_TRUE(applied.ok() && applied->applied);
  }
};

// It was planned before, and merges a row into a version that had none.
TEST_F(ForgetRacesTest, AFoldThatIsUnderWayDoesNotBringItBack) {
  std::vector<Change> rows = Rows();
  rows[7].value = 1;
  Upsert(rows, /*full=*/true);
  Upsert({{7, 200, kSecret}});
  ASSERT_TRUE(ArmFailpoints("fold.building=1*sleep:2000").ok());
  rows.resize(7);  // So many that all are written as one.
  for (Change& row : rows) row.seconds = 300;
  for (int64_t key = 200; key < 210; ++key) rows.push_back({key, 300, 1});
  Upsert(rows);
  const std::string building = BuildingDir(options_.directory, "user", 3, 1);
  while (!PathExists(building) && view().versions.at(3).manifest.fold == 0) {
    std::this_thread::yield();
  }

  Forget(7);

  WaitForFolds();
  EXPECT_EQ(current().fold, 1);
  EXPECT_FALSE(IsServed(7));
  Erase();
  EXPECT_FALSE(IsServed(7));
  EXPECT_THAT(store_->erasure().List(), IsEmpty());
  EXPECT_THAT(FilesWith(kSecretText), IsEmpty());
}

TEST_F(ForgetRacesTest, ALoadThatIsDoneAgainDoesNotBringItBack) {
  Upsert({{1, 100, 1}}, /*full=*/true);
  Upsert({{2, 100, 2}});
  bool asked = false;
  options_.on_load_change = [&](const LoadJob& job) {
    if (job.phase != JobPhase::kReading || asked) return;
    asked = true;
    EXPECT_TRUE(TryForget(7).ok());
    EXPECT_TRUE(store_->actions().Rollback("user", "ada").ok());
  };
  Open();

  Upsert({{7, 200, kSecret}});

  ASSERT_TRUE(asked);
  EXPECT_EQ(Served(), (Content{{1, 1}}));
  EXPECT_FALSE(IsServed(7));
  Erase();
  EXPECT_THAT(FilesWith(kSecretText), IsEmpty());
  Close();
  options_.on_load_change = nullptr;
}

// Nobody could say which rows are the entity's, and they would serve again if
// the key were changed back.
TEST_F(ForgetRacesTest, AVersionOfAnotherKeyIsDeleted) {
  Upsert(Rows(), /*full=*/true);
  ASSERT_TRUE(store_->actions().SetLabel("user", "canary", 1).ok());
  Rename("user_id", "account");

  Forget(7);

  EXPECT_TRUE(view().versions.empty());
  EXPECT_THAT(FilesWith(kSecretText), IsEmpty());
  Rename("account", "user_id");
  EXPECT_EQ(view().current, 0);
  EXPECT_TRUE(view().labels.empty());
}

TEST_F(ForgetRacesTest, WhatWasSetAsideKeepsItInTheList) {
  Upsert(Rows(), /*full=*/true);
  const std::string aside = AsideDir(options_.directory) + "/user.v1.5";
  ASSERT_TRUE(MakeDir(aside).ok());
  Forget(7);
  Erase();
  EXPECT_EQ(store_->erasure().List().size(), 1U);
  ASSERT_TRUE(RemoveTree(aside).ok());
  Erase();
  EXPECT_THAT(store_->erasure().List(), IsEmpty());
}

TEST_F(ForgetRacesTest, EitherCopyOfTheCatalogKnowsIt) {
  Upsert(Rows(), /*full=*/true);
  Forget(7);
  Close();
  for (const auto& entry :
       std::filesystem::directory_iterator(options_.directory)) {
    const std::string path = entry.path().string();
    if (path.find("/catalog.") == std::string::npos) continue;
    const std::string hidden = dir_.File("hidden");
    std::filesystem::rename(path, hidden);
    Open();
    EXPECT_FALSE(IsServed(7)) << "without " << path;
    EXPECT_TRUE(IsServed(6));
    Close();
    std::filesystem::rename(hidden, path);
  }
  Open();
}

TEST_F(ForgetRacesTest, ADamagedVersionHoldsUpNoOther) {
  options_.say = nullptr;
  Open();
  Upsert(Rows(), /*full=*/true);
  Upsert(Rows(), /*full=*/true);
  const std::string first = VersionDir(options_.directory, "user", 1);
  for (const auto& entry : std::filesystem::directory_iterator(first)) {
    if (entry.path().extension() != ".sst") continue;
    std::fstream file(entry.path(),
                      std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(40);
    file << "damage";
  }
  Forget(7);
  Erase();
  ASSERT_EQ(store_->erasure().List().size(), 1U);
  EXPECT_THAT(store_->erasure().List()[0].views[0].versions, ElementsAre(1));
  EXPECT_EQ(current().fold, 1);
}

// What the next load is compared with, to estimate what it needs.
TEST_F(ForgetRacesTest, AFoldIsOfTheSnapshotsOfAllThatItMerges) {
  Upsert(Rows(), /*full=*/true);
  const int64_t table = current().source_bytes;
  std::vector<Change> rows = Rows();
  rows.resize(20);
  for (Change& row : rows) row.seconds = 300;
  Upsert(rows);
  WaitForFolds();
  EXPECT_EQ(current().base, 0);
  EXPECT_GT(current().source_bytes, table);
}

}  // namespace
}  // namespace freshet
