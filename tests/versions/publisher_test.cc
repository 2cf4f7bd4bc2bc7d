// SPDX-License-Identifier: Apache-2.0
#include "versions/publisher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/failpoint.h"
#include "tests/versions/store_kit.h"
#include "versions/layout.h"

namespace freshet {
namespace {

using ::testing::HasSubstr;

class PublisherTest : public ::testing::Test {
 protected:
  PublisherTest() { kit_.Apply(UserYaml({"number: int64"})); }
  ~PublisherTest() override { EXPECT_TRUE(ArmFailpoints("").ok()); }

  absl::Status Refresh() {
    return kit_.parts->publisher.Refresh(kit_.clock.NowMicros());
  }
  absl::Status ReadAhead(const CommitRequest& request) {
    return kit_.parts->publisher.ReadAhead(
        {.layers = {{BuildingDir(kit_.dir(), "user", request.manifest.version),
                     request.manifest}},
         .forgotten = {}},
        [] { return true; });
  }
  const ServedView& Served() {
    set_ = kit_.parts->serving.Current();
    return *set_->FindView("user");
  }

  StoreKit kit_;
  Serving::SetPtr set_;
};

TEST_F(PublisherTest, ViewWithoutAVersionSaysWhatToDo) {
  EXPECT_EQ(Served().current, nullptr);
  EXPECT_THAT(Served().message, HasSubstr("freshet load user"));
}

TEST_F(PublisherTest, CurrentVersionServes) {
  kit_.Load();
  EXPECT_EQ(kit_.Read("user.number"), "1");
  EXPECT_EQ(Served().message, "");
  kit_.Load();
  EXPECT_EQ(kit_.Read("user.number"), "2");
}

TEST_F(PublisherTest, WhatComesOfEventsAndCannotServeIsTriedAgain) {
  kit_.Load();
  int asked = 0;
  std::string trouble = "the disk";
  Publisher publisher(kit_.dir(), *kit_.parts->catalog, kit_.parts->resources,
                      kit_.parts->serving,
                      [&](const AppliedViews&, StoreResources&) {
                        ++asked;
                        return ServedLive{.message = trouble};
                      });

  EXPECT_EQ(publisher.Refresh(kStart), absl::UnavailableError("the disk"));
  EXPECT_TRUE(publisher.has_trouble());
  // One view's refresh is not in its way.
  EXPECT_TRUE(publisher.Refresh(kStart, "user").ok());
  EXPECT_EQ(kit_.Read("user.number"), "1");
  trouble.clear();
  EXPECT_TRUE(publisher.Refresh(kStart).ok());
  EXPECT_FALSE(publisher.has_trouble());
  EXPECT_EQ(asked, 3);
  EXPECT_TRUE(publisher.Refresh(kStart).ok());
  EXPECT_EQ(asked, 3) << "as it served";
  EXPECT_TRUE(publisher.RefreshLive(kStart).ok());
  EXPECT_EQ(asked, 4);
}

TEST_F(PublisherTest, OnlyCurrentLabelledAndPinnedVersionsAreOpen) {
  for (int i = 0; i < 4; ++i) kit_.Load();
  EXPECT_EQ(Served().open.size(), 1u);

  ASSERT_TRUE(kit_.parts->actions.SetLabel("user", "canary", 2).ok());
  ASSERT_TRUE(kit_.parts->actions.Pin("user", 1, true).ok());

  EXPECT_EQ(Served().open.size(), 3u);
  EXPECT_FALSE(Served().open.contains(3));
}

TEST_F(PublisherTest, OpenVersionIsReused) {
  kit_.Load();
  const auto before = Served().current;
  ASSERT_TRUE(kit_.parts->actions.Pin("user", 1, true).ok());
  EXPECT_EQ(Served().current, before);
}

TEST_F(PublisherTest, PreparedVersionIsTheOnePublished) {
  kit_.Load();
  kit_.Load();
  ASSERT_TRUE(kit_.parts->publisher.Prepare("user", 1).ok());
  EXPECT_EQ(kit_.Read("user.number"), "2");
  // Nothing of it is read from disk again.
  ASSERT_TRUE(RemoveTree(VersionDir(kit_.dir(), "user", 1)).ok());
  ASSERT_TRUE(kit_.parts->actions.Activate("user", 1, "test").ok());
  EXPECT_EQ(kit_.Read("user.number"), "1");
}

TEST_F(PublisherTest, PreparingWhatIsNotThereIsNotFound) {
  EXPECT_EQ(kit_.parts->publisher.Prepare("user", 1).code(),
            absl::StatusCode::kNotFound);
}

TEST_F(PublisherTest, PreparingADamagedVersionIsDataLoss) {
  kit_.Load();
  kit_.Load();
  TruncateFile(FirstTable(VersionDir(kit_.dir(), "user", 1)), 50);
  const absl::Status prepared = kit_.parts->publisher.Prepare("user", 1);
  EXPECT_EQ(prepared.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(prepared.message()),
              HasSubstr("view 'user', version 1"));
}

TEST_F(PublisherTest, WhatIsAskedForIsReadAheadOfTheNextVersion) {
  kit_.Load();
  kit_.AskForAll();
  const auto request = kit_.Build();
  ASSERT_TRUE(request.ok());

  ASSERT_TRUE(ReadAhead(*request).ok());

  EXPECT_EQ(kit_.Read("user.number"), "1");
  ASSERT_TRUE(CommitVersion(kit_.dir(), *kit_.parts->catalog, *request).ok());
  ASSERT_TRUE(Refresh().ok());
  const int64_t hits = kit_.parts->resources.stats().row_cache_hits;
  EXPECT_EQ(kit_.Read("user.number"), "2");
  EXPECT_EQ(kit_.parts->resources.stats().row_cache_hits, hits + 1);
}

TEST_F(PublisherTest, RowsOfAVersionThatIsOpenedAgainAreStillInMemory) {
  kit_.Load();
  kit_.AskForAll();
  kit_.Load();  // Closes the first one.
  ASSERT_FALSE(Served().open.contains(1));
  ASSERT_TRUE(kit_.parts->actions.Rollback("user", "test").ok());
  const int64_t hits = kit_.parts->resources.stats().row_cache_hits;
  EXPECT_EQ(kit_.Read("user.number"), "1");
  EXPECT_EQ(kit_.parts->resources.stats().row_cache_hits, hits + 1);
}

TEST_F(PublisherTest, RequestsDoNotWaitForAReadAheadThatIsStuck) {
  kit_.Load();
  kit_.AskForAll();
  const auto request = kit_.Build();
  ASSERT_TRUE(request.ok());
  ASSERT_TRUE(ArmFailpoints("read.scan=sleep:2000").ok());
  std::atomic<bool> over = false;
  std::thread stuck([&] {
    EXPECT_TRUE(ReadAhead(*request).ok());
    over = true;
  });
  EXPECT_EQ(kit_.Read("user.number"), "1");
  ASSERT_TRUE(kit_.parts->actions.Pin("user", 1, true).ok());
  EXPECT_FALSE(over);
  stuck.join();
}

TEST_F(PublisherTest, DamageShowsWhenItIsReadAhead) {
  kit_.Load();
  kit_.AskForAll();
  const auto request = kit_.Build();
  ASSERT_TRUE(request.ok());
  TruncateFile(FirstTable(BuildingDir(kit_.dir(), "user", 2)), 50);
  EXPECT_TRUE(absl::IsDataLoss(ReadAhead(*request)));
}

TEST_F(PublisherTest, NothingIsReadAheadOfAViewThatNobodyAsks) {
  kit_.Load();
  const auto request = kit_.Build();
  ASSERT_TRUE(request.ok());
  // It would find that out.
  TruncateFile(FirstTable(BuildingDir(kit_.dir(), "user", 2)), 50);
  EXPECT_TRUE(ReadAhead(*request).ok());
}

TEST_F(PublisherTest, DamagedVersionNeverServesAndTheOldOneGoesOn) {
  kit_.Load();
  const auto request = kit_.Build();
  ASSERT_TRUE(request.ok());
  ASSERT_TRUE(CommitVersion(kit_.dir(), *kit_.parts->catalog, *request).ok());
  TruncateFile(FirstTable(VersionDir(kit_.dir(), "user", 2)), 50);

  ASSERT_TRUE(Refresh().ok());

  EXPECT_EQ(kit_.Read("user.number"), "1");
  EXPECT_EQ(kit_.view().current, 1);
  EXPECT_EQ(kit_.view().versions.at(2).phase, VersionRecord::Phase::kCorrupt);
  EXPECT_THAT(Served().message, HasSubstr("version 2 is corrupt"));
}

TEST_F(PublisherTest, UnhurtViewsAreServedBesideADamagedOne) {
  std::string yaml = UserYaml({"number: int64"});
  const std::string view =
      "  - name: other\n    entities: [user]\n    source: {path: x}\n"
      "    features: [{name: number, type: int64}]\n";
  yaml.insert(yaml.find("feature_services"), view);
  kit_.Apply(yaml);
  kit_.Load();
  kit_.Load({.view = "other", .value = 7});
  TruncateFile(FirstTable(VersionDir(kit_.dir(), "user", 1)), 50);

  kit_.Restart();

  EXPECT_EQ(kit_.Read("user.number"), "no version");
  EXPECT_EQ(kit_.Read("other.number"), "7");
}

TEST_F(PublisherTest, TroubleOfOneViewIsItsOwnAndIsTriedAgain) {
  std::string yaml = UserYaml({"number: int64"});
  const std::string other =
      "  - name: item\n"
      "    entities: [user]\n"
      "    source: {path: snapshots/item}\n"
      "    features: [{name: number, type: int64}]\n";
  yaml.insert(yaml.find("feature_services:"), other);
  kit_.Apply(yaml);
  kit_.Load();
  kit_.Load({.view = "item"});
  // No damage: nobody can say what is in it.
  const std::string manifest =
      VersionDir(kit_.dir(), "item", 1) + "/" + std::string(kManifestName);
  ASSERT_TRUE(RenameSynced(manifest, kit_.dir() + "/away").ok());
  ASSERT_TRUE(MakeDir(manifest).ok());
  kit_.parts = std::make_unique<StoreKit::Parts>(kit_.dir(), kit_.clock,
                                                 *Catalog::Open(kit_.dir()));

  const absl::Status all = Refresh();
  EXPECT_THAT(std::string(all.message()), HasSubstr("view 'item', version 1"));
  EXPECT_TRUE(kit_.parts->publisher.has_trouble());
  EXPECT_EQ(kit_.Read("user.number"), "1");
  EXPECT_EQ(kit_.Read("item.number"), "no version");
  EXPECT_EQ(kit_.Load(), 2);
  EXPECT_FALSE(kit_.parts->actions.Activate("item", 1, "test").ok());

  ASSERT_TRUE(RemoveTree(manifest).ok());
  ASSERT_TRUE(RenameSynced(kit_.dir() + "/away", manifest).ok());
  ASSERT_TRUE(kit_.parts->actions.Activate("item", 1, "test").ok());
  EXPECT_EQ(kit_.Read("item.number"), "1");
  EXPECT_FALSE(kit_.parts->publisher.has_trouble());
}

TEST_F(PublisherTest, RecentKeysAreReadBeforeAVersionIsPublished) {
  kit_.Load();
  RecentKeys* recent = kit_.parts->publisher.recent_keys("user");
  ASSERT_NE(recent, nullptr);
  recent->Offer("k3");

  kit_.Load();

  const std::string_view keys[] = {"k3"};
  RowBatch rows;
  Served().current->LookupCached(keys, rows);
  EXPECT_EQ(rows.state(0), RowBatch::State::kFound);
}

TEST_F(PublisherTest, UnknownViewHasNoRecentKeys) {
  EXPECT_EQ(kit_.parts->publisher.recent_keys("usr"), nullptr);
}

TEST_F(PublisherTest, RecentKeysOfAViewStayWhereTheyAre) {
  RecentKeys* recent = kit_.parts->publisher.recent_keys("user");
  kit_.Load();
  EXPECT_EQ(kit_.parts->publisher.recent_keys("user"), recent);
}

TEST_F(PublisherTest, RefreshThatFailsLeavesTheSetThatServes) {
  kit_.Load();
  ASSERT_TRUE(ArmFailpoints("publish.before_swap=error").ok());
  EXPECT_FALSE(Refresh().ok());
  EXPECT_EQ(kit_.Read("user.number"), "1");
}

TEST_F(PublisherTest, ManyVersionsOpenAtOnce) {
  for (int i = 0; i < 7; ++i) {
    ASSERT_TRUE(kit_.parts->actions.Pin("user", kit_.Load(), true).ok());
  }
  kit_.Restart();
  EXPECT_EQ(Served().open.size(), 7u);
  for (int64_t id = 1; id <= 7; ++id) {
    EXPECT_EQ(kit_.Read("user.number", {.label = "", .pins = {{"user", id}}}),
              std::to_string(id));
  }
}

}  // namespace
}  // namespace freshet
