// SPDX-License-Identifier: Apache-2.0
#include "versions/commit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "base/failpoint.h"
#include "tests/versions/store_kit.h"
#include "versions/layout.h"

namespace freshet {
namespace {

using ::testing::HasSubstr;
using Phase = VersionRecord::Phase;

class CommitTest : public ::testing::Test {
 protected:
  CommitTest() { kit_.Apply(UserYaml({"number: int64"})); }
  ~CommitTest() override { EXPECT_TRUE(ArmFailpoints("").ok()); }

  Catalog& catalog() { return *kit_.parts->catalog; }
  absl::StatusOr<bool> Commit(const CommitRequest& request) {
    return CommitVersion(kit_.dir(), catalog(), request);
  }
  CommitRequest Built(const BuildOptions& options = {}) {
    auto request = kit_.Build(options);
    EXPECT_TRUE(request.ok()) << request.status();
    return *std::move(request);
  }
  bool HasDir(int64_t version) {
    return PathExists(VersionDir(kit_.dir(), "user", version));
  }
  bool HasBuilding(int64_t version) {
    return PathExists(BuildingDir(kit_.dir(), "user", version));
  }

  StoreKit kit_;
};

TEST_F(CommitTest, CommittedVersionIsCurrentAndInItsPlace) {
  const CommitRequest request = Built();

  const auto active = Commit(request);

  ASSERT_TRUE(active.ok()) << active.status();
  EXPECT_TRUE(*active);
  EXPECT_TRUE(HasDir(1));
  EXPECT_FALSE(HasBuilding(1));
  const ViewRecord& view = kit_.view();
  EXPECT_EQ(view.current, 1);
  EXPECT_EQ(view.versions.at(1).manifest, request.manifest);
  EXPECT_EQ(view.activations.back().why, "load");
  EXPECT_EQ(view.activations.back().who, "test");
}

TEST_F(CommitTest, WhatBeginsAnewIsTheLastThatWasLoaded) {
  const auto loaded = [&](const char* path, std::optional<int64_t> over) {
    CommitRequest request = Built();
    request.loaded_until = path;
    request.over = over;
    EXPECT_TRUE(Commit(request).ok());
    return kit_.view().loaded_until;
  };
  EXPECT_EQ(loaded("/users/ds=3", 0), "/users/ds=3");
  EXPECT_EQ(loaded("/users/ds=2", 1), "/users/ds=3");
  EXPECT_EQ(loaded("", 2), "/users/ds=3");
  EXPECT_EQ(loaded("/moved/ds=1", 3), "/moved/ds=1");

  ASSERT_TRUE(catalog()
                  .Commit([](CatalogState& state) {
                    state.views.at("user").current = 0;
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_EQ(loaded("/moved/ds=0", 0), "/moved/ds=0");
}

TEST_F(CommitTest, VersionIdIsNeverGivenOutTwice) {
  EXPECT_EQ(*AllocateVersion(catalog(), "user"), 1);
  EXPECT_EQ(*AllocateVersion(catalog(), "user"), 2);
  kit_.Restart();
  EXPECT_EQ(*AllocateVersion(catalog(), "user"), 3);
}

TEST_F(CommitTest, UnknownViewGetsNoVersion) {
  const auto version = AllocateVersion(catalog(), "usr");
  EXPECT_EQ(version.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(version.status().message()), HasSubstr("'user'"));
}

TEST_F(CommitTest, VersionNotToBeActivatedLeavesTheCurrentOne) {
  kit_.Load();
  CommitRequest request = Built();
  request.activate = false;

  EXPECT_FALSE(*Commit(request));

  EXPECT_EQ(kit_.view().current, 1);
  EXPECT_EQ(kit_.view().versions.at(2).phase, Phase::kKept);
}

TEST_F(CommitTest, HeldVersionKeepsItsReason) {
  CommitRequest request = Built();
  request.activate = false;
  request.phase = Phase::kPendingApproval;
  request.message = "3 rows, 10 before";

  EXPECT_FALSE(*Commit(request));

  EXPECT_EQ(kit_.view().current, 0);
  EXPECT_EQ(kit_.view().versions.at(1).phase, Phase::kPendingApproval);
  EXPECT_EQ(kit_.view().versions.at(1).message, "3 rows, 10 before");
}

TEST_F(CommitTest, LabelPointsAtTheNewVersion) {
  CommitRequest request = Built();
  request.label = "canary";
  ASSERT_TRUE(Commit(request).ok());
  EXPECT_EQ(kit_.view().labels.at("canary"), 1);
}

TEST_F(CommitTest, HeldVersionLeavesTheLabelWhereItIs) {
  CommitRequest first = Built();
  first.label = "canary";
  ASSERT_TRUE(Commit(first).ok());
  CommitRequest held = Built();
  held.activate = false;
  held.phase = Phase::kPendingApproval;
  held.label = "canary";

  ASSERT_TRUE(Commit(held).ok());

  EXPECT_EQ(kit_.view().labels.at("canary"), 1);
}

TEST_F(CommitTest, WhatIsRecordedBesidesIsInTheSameCommit) {
  CommitRequest request = Built();
  const int64_t before = catalog().state()->sequence;
  request.also = [](bool active, const VersionRecord& record,
                    CatalogState& state) {
    EXPECT_TRUE(active);
    EXPECT_EQ(record.manifest.version, 1);
    state.ended_loads.emplace_back().id = "load-1";
  };

  ASSERT_TRUE(Commit(request).ok());

  EXPECT_EQ(catalog().state()->sequence, before + 1);
  EXPECT_EQ(catalog().state()->ended_loads.back().id, "load-1");
}

TEST_F(CommitTest, OlderAsOfIsKeptButNeverActivatesItself) {
  kit_.Load({.as_of_micros = kStart + 10});

  const auto active = Commit(Built({.as_of_micros = kStart + 9}));

  ASSERT_TRUE(active.ok());
  EXPECT_FALSE(*active);
  EXPECT_EQ(kit_.view().current, 1);
  EXPECT_THAT(kit_.view().versions.at(2).message,
              HasSubstr("freshet activate user 2"));
}

TEST_F(CommitTest, EqualAsOfActivatesItself) {
  kit_.Load({.as_of_micros = kStart + 10});
  EXPECT_TRUE(*Commit(Built({.as_of_micros = kStart + 10})));
}

TEST_F(CommitTest, OtherManifestThanCheckedIsRefused) {
  CommitRequest request = Built();
  request.manifest.rows += 1;
  EXPECT_EQ(Commit(request).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(kit_.view().versions.empty());
}

TEST_F(CommitTest, VersionNotAllocatedIsRefusedAndRemoved) {
  const CommitRequest request = Built();
  ASSERT_TRUE(catalog()
                  .Commit([](CatalogState& state) {
                    state.views.at("user").next_version = 1;
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_EQ(Commit(request).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(HasDir(1));
}

TEST_F(CommitTest, KeyThatChangedMeanwhileIsRefusedAndLeavesNothing) {
  const CommitRequest request = Built();
  std::string yaml = UserYaml({"number: int64"});
  yaml.replace(yaml.find("name: id"), 8, "name: no");
  kit_.Apply(yaml);

  const auto active = Commit(request);

  EXPECT_EQ(active.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(active.status().message()),
              HasSubstr("changed its key"));
  EXPECT_FALSE(HasDir(1));
  EXPECT_FALSE(HasBuilding(1));
}

TEST_F(CommitTest, FailedRenameLeavesNothing) {
  const CommitRequest request = Built();
  ASSERT_TRUE(ArmFailpoints("version.before_rename=error").ok());

  EXPECT_FALSE(Commit(request).ok());

  EXPECT_FALSE(HasDir(1));
  EXPECT_FALSE(HasBuilding(1));
  EXPECT_TRUE(kit_.view().versions.empty());
}

TEST_F(CommitTest, CatalogThatCannotBeWrittenLeavesNothing) {
  const CommitRequest request = Built();
  ASSERT_TRUE(ArmFailpoints("catalog.before_write=error").ok());

  EXPECT_FALSE(Commit(request).ok());

  EXPECT_FALSE(HasDir(1));
  EXPECT_FALSE(HasBuilding(1));
  EXPECT_TRUE(kit_.view().versions.empty());
}

TEST_F(CommitTest, FailedSyncOfTheCatalogLeavesTheDirectoryForTheNextStart) {
  const CommitRequest request = Built();
  ASSERT_TRUE(ArmFailpoints("catalog.after_sync=error").ok());

  EXPECT_FALSE(Commit(request).ok());

  EXPECT_TRUE(HasDir(1));
  EXPECT_TRUE(kit_.view().versions.empty());
  ASSERT_TRUE(ArmFailpoints("").ok());
  kit_.Restart();  // The copy had reached the disk.
  EXPECT_EQ(kit_.view().current, 1);
  EXPECT_EQ(kit_.Read("user.number"), "1");
}

TEST_F(CommitTest, CatalogFirstPointWritesTheCatalogBeforeTheRename) {
  const CommitRequest request = Built();
  ASSERT_TRUE(
      ArmFailpoints("commit.catalog_first=error;version.before_rename=error")
          .ok());

  EXPECT_FALSE(Commit(request).ok());

  EXPECT_EQ(kit_.view().current, 1);  // The catalog names what is not there.
  EXPECT_FALSE(HasDir(1));
}

}  // namespace
}  // namespace freshet
