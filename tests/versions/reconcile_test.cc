// SPDX-License-Identifier: Apache-2.0
#include "versions/upkeep/reconcile.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/failpoint.h"
#include "tests/versions/store_kit.h"
#include "versions/layout.h"
#include "versions/upkeep/rebuild.h"

namespace freshet {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Phase = VersionRecord::Phase;

class ReconcileTest : public ::testing::Test {
 protected:
  ReconcileTest() { kit_.Apply(UserYaml({"number: int64"})); }
  ~ReconcileTest() override { EXPECT_TRUE(ArmFailpoints("").ok()); }

  std::string Dir(int64_t version) {
    return VersionDir(kit_.dir(), "user", version);
  }
  std::vector<std::string> InViewDir() {
    return *ListDir(ViewDir(kit_.dir(), "user"));
  }
  std::vector<std::string> InAside() {
    const auto names = ListDir(AsideDir(kit_.dir()));
    return names.ok() ? *names : std::vector<std::string>{};
  }
  void RemoveCatalog() {
    EXPECT_TRUE(RemoveTree(kit_.dir() + "/catalog.a").ok());
    EXPECT_TRUE(RemoveTree(kit_.dir() + "/catalog.b").ok());
  }

  StoreKit kit_;
};

TEST_F(ReconcileTest, WholeDirectoryNeedsNothing) {
  kit_.Load();
  kit_.Restart();
  EXPECT_THAT(kit_.notes, IsEmpty());
  EXPECT_EQ(kit_.Read("user.number"), "1");
}

TEST_F(ReconcileTest, LoadThatDidNotEndIsRemoved) {
  ASSERT_TRUE(kit_.Build().ok());
  kit_.Restart();
  EXPECT_THAT(InViewDir(), IsEmpty());
  EXPECT_THAT(kit_.notes, Contains(HasSubstr("its load did not end")));
}

TEST_F(ReconcileTest, BuildingDirectoryOfALiveLoaderIsLeftAlone) {
  ASSERT_TRUE(kit_.Build().ok());
  const std::string building = BuildingDir(kit_.dir(), "user", 1);
  {
    const auto lock = FileLock::Acquire(BuildingLockPath(building));
    ASSERT_TRUE(lock.ok());
    kit_.Restart();
    EXPECT_TRUE(PathExists(building));
    EXPECT_THAT(kit_.notes, Contains(HasSubstr("its loader still runs")));
  }
  kit_.Restart();
  EXPECT_FALSE(PathExists(building));
}

TEST_F(ReconcileTest, IdOfALoadThatDidNotEndIsNotGivenOutAgain) {
  ASSERT_TRUE(kit_.Build().ok());
  kit_.Restart();
  EXPECT_EQ(kit_.Load(), 2);
}

TEST_F(ReconcileTest, DeletionThatDidNotEndIsFinished) {
  kit_.Load();
  ASSERT_TRUE(MakeDir(DeletingDir(kit_.dir(), "user", 9)).ok());
  kit_.Restart();
  EXPECT_FALSE(PathExists(DeletingDir(kit_.dir(), "user", 9)));
  EXPECT_EQ(kit_.view().next_version, 10);
}

TEST_F(ReconcileTest, DeletionThatTheCatalogDoesNotKnowOfIsTakenBack) {
  kit_.Load();
  ASSERT_TRUE(RenameSynced(Dir(1), DeletingDir(kit_.dir(), "user", 1)).ok());
  kit_.Restart();
  EXPECT_EQ(kit_.Read("user.number"), "1");
}

TEST_F(ReconcileTest, UnknownVersionIsSetAsideAndKeptForTheGracePeriod) {
  kit_.Load();
  const auto request = kit_.Build();
  ASSERT_TRUE(request.ok());
  ASSERT_TRUE(RenameSynced(BuildingDir(kit_.dir(), "user", 2), Dir(2)).ok());

  kit_.Restart();

  EXPECT_FALSE(PathExists(Dir(2)));
  EXPECT_THAT(InAside(), SizeIs(1));
  EXPECT_THAT(InAside()[0], HasSubstr("user.v2."));
  EXPECT_EQ(kit_.Read("user.number"), "1");

  kit_.clock.Advance(kit_.orphan_grace_micros);
  kit_.Restart();
  EXPECT_THAT(InAside(), SizeIs(1));

  kit_.clock.Advance(1);
  kit_.Restart();
  EXPECT_THAT(InAside(), IsEmpty());
}

TEST_F(ReconcileTest, IdOfAVersionSetAsideIsNotGivenOutAgain) {
  kit_.Load();
  ASSERT_TRUE(MakeDir(Dir(7)).ok());
  kit_.Restart();
  EXPECT_EQ(kit_.Load(), 8);
}

TEST_F(ReconcileTest, MissingDirectoryMakesTheVersionCorrupt) {
  kit_.Load();
  ASSERT_TRUE(RemoveTree(Dir(1)).ok());

  kit_.Restart();

  EXPECT_EQ(kit_.view().versions.at(1).phase, Phase::kCorrupt);
  EXPECT_THAT(kit_.view().versions.at(1).message, HasSubstr("is missing"));
  EXPECT_EQ(kit_.Read("user.number"), "no version");
  EXPECT_THAT(kit_.parts->serving.Current()->FindView("user")->message,
              HasSubstr("version 1 is corrupt"));
}

TEST_F(ReconcileTest, ViewFallsBackToItsPreviousVersion) {
  kit_.Load();
  kit_.Load();
  TruncateFile(FirstTable(Dir(2)), 100);

  kit_.Restart();

  EXPECT_EQ(kit_.Read("user.number"), "1");
  EXPECT_EQ(kit_.view().current, 1);
  EXPECT_EQ(kit_.view().activations.back().why, "fallback");
  EXPECT_THAT(kit_.parts->serving.Current()->FindView("user")->message,
              HasSubstr("serves 1"));
}

TEST_F(ReconcileTest, FallbackThatDoesNotOpenGivesWayToAnOlderOne) {
  for (int i = 0; i < 3; ++i) kit_.Load();
  TruncateFile(FirstTable(Dir(3)), 0);
  TruncateFile(FirstTable(Dir(2)), 0);

  kit_.Restart();

  EXPECT_EQ(kit_.Read("user.number"), "1");
}

TEST_F(ReconcileTest, VersionWithoutItsManifestIsCorrupt) {
  kit_.Load();
  ASSERT_TRUE(RemoveTree(fmt::format("{}/{}", Dir(1), kManifestName)).ok());
  kit_.Restart();
  EXPECT_EQ(kit_.view().versions.at(1).phase, Phase::kCorrupt);
}

TEST_F(ReconcileTest, VersionInThePlaceOfAnotherIsCorrupt) {
  kit_.Load();
  kit_.Load();
  ASSERT_TRUE(RemoveTree(Dir(2)).ok());
  ASSERT_TRUE(RenameSynced(Dir(1), Dir(2)).ok());

  kit_.Restart();

  EXPECT_THAT(kit_.view().versions.at(2).message,
              HasSubstr("its manifest says version 1, expected 2"));
  EXPECT_EQ(kit_.Read("user.number"), "no version");
}

TEST_F(ReconcileTest, LostCatalogIsRebuiltFromTheManifests) {
  kit_.Load();
  kit_.Load();
  RemoveCatalog();

  kit_.Restart();

  EXPECT_EQ(kit_.view().versions.size(), 2u);
  EXPECT_EQ(kit_.view().current, 2);
  EXPECT_THAT(InAside(), IsEmpty());
  EXPECT_TRUE(kit_.parts->serving.Current()->views().empty());
  kit_.Apply(UserYaml({"number: int64"}));
  EXPECT_EQ(kit_.Read("user.number"), "2");
}

TEST_F(ReconcileTest, RebuiltCatalogGivesOutNoIdAgain) {
  kit_.Load();
  kit_.Load();
  ASSERT_TRUE(kit_.parts->actions.Activate("user", 1, "test").ok());
  ASSERT_TRUE(kit_.parts->actions.Delete("user", 2).ok());
  RemoveCatalog();

  kit_.Restart();

  EXPECT_EQ(kit_.view().next_version, 1 + kRebuildGap);
  EXPECT_GT(kit_.view().next_feature_id, 1u);
}

TEST_F(ReconcileTest, RebuildSaysThatWhatWasForgottenIsKnownNoMore) {
  kit_.Load();
  RemoveCatalog();
  kit_.Restart();
  EXPECT_THAT(kit_.notes,
              ::testing::Not(Contains(HasSubstr("what was forgotten"))));
  ASSERT_TRUE(WriteFileSynced(AuditPath(kit_.dir()), "{}\n").ok());
  RemoveCatalog();

  kit_.Restart();

  EXPECT_THAT(kit_.notes, Contains(HasSubstr("audit.jsonl' has as 'forget'")));
}

TEST_F(ReconcileTest, RebuildTakesADamagedVersionForCorrupt) {
  kit_.Load();
  kit_.Load();
  TruncateFile(FirstTable(Dir(2)), 10);
  RemoveCatalog();

  kit_.Restart();

  EXPECT_EQ(kit_.view().current, 1);
  EXPECT_EQ(kit_.view().versions.at(2).phase, Phase::kCorrupt);
}

TEST_F(ReconcileTest, RetentionDeletesNothingBeforeTheDefinitionsAreKnown) {
  for (int i = 0; i < 4; ++i) kit_.Load();
  RemoveCatalog();
  kit_.Restart();
  ASSERT_TRUE(kit_.parts->actions.ApplyRetention("user").ok());
  EXPECT_EQ(kit_.view().versions.size(), 4u);
}

TEST_F(ReconcileTest, OlderCatalogDeletesNothing) {
  kit_.Load();
  kit_.Load();
  const int64_t sequence = kit_.parts->catalog->state()->sequence;
  const std::string newest = sequence % 2 != 0 ? "/catalog.a" : "/catalog.b";
  ASSERT_TRUE(WriteFileSynced(kit_.dir() + newest, "junk").ok());

  kit_.Restart();  // Its catalog does not know version 2.

  EXPECT_EQ(kit_.Read("user.number"), "1");
  EXPECT_THAT(InAside(), IsEmpty());
  EXPECT_THAT(kit_.notes, Contains(HasSubstr("is not whole")));
  EXPECT_THAT(kit_.notes, Contains(HasSubstr("version 2: kept, though")));
  EXPECT_EQ(kit_.view().versions.at(2).phase, Phase::kKept);
  EXPECT_THAT(kit_.view().versions.at(2).message,
              HasSubstr("freshet activate user 2"));
  EXPECT_EQ(kit_.Load(), 3);
}

TEST_F(ReconcileTest, OnlyVersionServesThoughTheOlderCatalogDoesNotKnowIt) {
  kit_.Load();
  const int64_t sequence = kit_.parts->catalog->state()->sequence;
  const std::string newest = sequence % 2 != 0 ? "/catalog.a" : "/catalog.b";
  ASSERT_TRUE(WriteFileSynced(kit_.dir() + newest, "junk").ok());

  kit_.Restart();

  EXPECT_EQ(kit_.Read("user.number"), "1");
  EXPECT_EQ(kit_.view().activations.back().why, "rebuild");
  kit_.Restart();  // Both copies are whole again, and nothing is unknown.
  EXPECT_THAT(kit_.notes, IsEmpty());
  EXPECT_EQ(kit_.Read("user.number"), "1");
}

TEST_F(ReconcileTest, MissingViewsAreAskedAbout) {
  kit_.Load();
  kit_.parts.reset();
  const std::string views = ViewsDir(kit_.dir());
  ASSERT_TRUE(RenameSynced(views, kit_.dir() + "/elsewhere").ok());
  const auto catalog = Catalog::Open(kit_.dir());
  ASSERT_TRUE(catalog.ok());

  const auto notes = Reconcile(**catalog, {.dir = kit_.dir()});

  EXPECT_EQ(notes.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(notes.status().message()),
              HasSubstr("is a disk not mounted?"));
  ASSERT_TRUE(RenameSynced(kit_.dir() + "/elsewhere", views).ok());
  kit_.Restart();
  EXPECT_EQ(kit_.Read("user.number"), "1");
}

TEST_F(ReconcileTest, VersionThatIsWholeAgainCanBeActivatedAgain) {
  kit_.Load();
  const std::string away = kit_.dir() + "/away";
  ASSERT_TRUE(RenameSynced(Dir(1), away).ok());
  kit_.Restart();
  ASSERT_EQ(kit_.view().versions.at(1).phase, Phase::kCorrupt);
  EXPECT_EQ(kit_.parts->actions.Activate("user", 1, "test").code(),
            absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(RenameSynced(away, Dir(1)).ok());

  ASSERT_TRUE(kit_.parts->actions.Activate("user", 1, "test").ok());

  EXPECT_EQ(kit_.Read("user.number"), "1");
  EXPECT_EQ(kit_.view().versions.at(1).message, "");
}

TEST_F(ReconcileTest, StrayEntryIsNoReasonNotToServe) {
  kit_.Load();
  const std::string stray = ViewsDir(kit_.dir()) + "/README";
  ASSERT_TRUE(WriteFileSynced(stray, "mine").ok());

  kit_.Restart();

  EXPECT_THAT(kit_.notes, Contains(HasSubstr("'README' is left alone")));
  EXPECT_TRUE(PathExists(stray));
  EXPECT_EQ(kit_.Read("user.number"), "1");
}

TEST_F(ReconcileTest, RebuildHoldsWhatTheGuardsWouldHold) {
  kit_.Load();
  kit_.Load({.rows = 2});
  RemoveCatalog();

  kit_.Restart();

  EXPECT_EQ(kit_.view().current, 1);
  EXPECT_EQ(kit_.view().versions.at(2).phase, Phase::kPendingApproval);
  EXPECT_THAT(kit_.view().versions.at(2).message, HasSubstr("2 rows"));
}

TEST_F(ReconcileTest, RebuildKeepsAllVersionsUntilTheNextLoad) {
  for (int i = 0; i < 4; ++i) kit_.Load();
  RemoveCatalog();
  kit_.Restart();
  kit_.Apply(UserYaml({"number: int64"}));
  EXPECT_EQ(kit_.view().versions.size(), 4u);

  kit_.Load();
  ASSERT_TRUE(kit_.parts->actions.ApplyRetention("user").ok());

  EXPECT_FALSE(PathExists(Dir(1)));
  EXPECT_TRUE(PathExists(Dir(4)));
}

TEST_F(ReconcileTest, ForeignNamesAreLeftAlone) {
  kit_.Load();
  const std::string foreign = ViewDir(kit_.dir(), "user") + "/notes.txt";
  ASSERT_TRUE(WriteFileSynced(foreign, "mine").ok());
  kit_.Restart();
  EXPECT_TRUE(PathExists(foreign));
}

TEST(LayoutTest, VersionDirectoriesAreKnownByName) {
  EXPECT_EQ(ParseVersionDirName("v12")->id, (VersionFold{12, 0}));
  EXPECT_EQ(ParseVersionDirName("v12.f3")->id, (VersionFold{12, 3}));
  EXPECT_EQ(ParseVersionDirName("v12.f3.building")->id, (VersionFold{12, 3}));
  EXPECT_EQ(ParseVersionDirName("v12.building")->kind,
            VersionDirKind::kBuilding);
  EXPECT_EQ(ParseVersionDirName("v3.deleting")->kind,
            VersionDirKind::kDeleting);
  for (const char* name :
       {"", "v", "v0", "v01", "v-1", "v1x", "1", "x1", "v1.building.deleting",
        "v1.f", "v1.f0", "v1.f1.f2", "v.f1", "v99999999999999999999"}) {
    EXPECT_FALSE(ParseVersionDirName(name).has_value()) << name;
  }
}

}  // namespace
}  // namespace freshet
