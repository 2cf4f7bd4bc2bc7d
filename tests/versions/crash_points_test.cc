// SPDX-License-Identifier: Apache-2.0
// Every step of a commit and of a deletion fails in turn, and a new process
// starts on what is left: it serves the old or the new version whole, and
// leaves no directory that the catalog does not name.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/failpoint.h"
#include "tests/versions/store_kit.h"
#include "versions/layout.h"

namespace freshet {
namespace {

class CrashPointsTest : public ::testing::Test {
 protected:
  CrashPointsTest() {
    kit_.Apply(UserYaml({"number: int64"}));
    kit_.Load();
    kit_.Load();
  }
  ~CrashPointsTest() override { EXPECT_TRUE(ArmFailpoints("").ok()); }

  // The process ends here, as far as the disk can tell.
  void Crash() {
    ASSERT_TRUE(ArmFailpoints("").ok());
    kit_.Restart();
  }

  // Every directory is one that the catalog names, and the other way round.
  void ExpectTidy() {
    std::vector<std::string> named;
    for (const auto& [id, record] : kit_.view().versions) {
      named.push_back(fmt::format("v{}", id));
    }
    EXPECT_EQ(*ListDir(ViewDir(kit_.dir(), "user")), named);
  }

  StoreKit kit_;
};

class CommitCrashTest : public CrashPointsTest,
                        public ::testing::WithParamInterface<const char*> {};

TEST_P(CommitCrashTest, OldOrNewVersionServesWhole) {
  const std::string point = GetParam();
  const auto request = kit_.Build();
  ASSERT_TRUE(request.ok());
  ASSERT_TRUE(ArmFailpoints(point + "=error").ok());
  ASSERT_FALSE(CommitVersion(kit_.dir(), *kit_.parts->catalog, *request).ok());

  Crash();

  const int64_t current = kit_.view().current;
  EXPECT_TRUE(current == 2 || current == 3) << current;
  EXPECT_EQ(current == 3,
            point == "catalog.after_sync" || point == "catalog.before_sync");
  EXPECT_EQ(kit_.Read("user.number"), std::to_string(current));
  ExpectTidy();
  EXPECT_EQ(kit_.Load(), 4);  // And it goes on.
}

INSTANTIATE_TEST_SUITE_P(EachPoint, CommitCrashTest,
                         ::testing::Values("version.before_rename",
                                           "version.after_rename",
                                           "catalog.before_write",
                                           "catalog.before_sync",
                                           "catalog.after_sync"));

class DeleteCrashTest : public CrashPointsTest,
                        public ::testing::WithParamInterface<const char*> {};

TEST_P(DeleteCrashTest, CurrentVersionServesAndTheOtherIsWholeOrGone) {
  ASSERT_TRUE(ArmFailpoints(GetParam() + std::string("=error")).ok());
  ASSERT_FALSE(kit_.parts->actions.Delete("user", 1).ok());

  Crash();

  EXPECT_EQ(kit_.Read("user.number"), "2");
  ExpectTidy();
  if (kit_.view().Find(1) != nullptr) {
    ASSERT_TRUE(kit_.parts->actions.Activate("user", 1, "test").ok());
    EXPECT_EQ(kit_.Read("user.number"), "1");
  }
}

INSTANTIATE_TEST_SUITE_P(
    EachPoint, DeleteCrashTest,
    ::testing::Values("catalog.before_write", "catalog.before_sync",
                      "catalog.after_sync", "publish.before_swap",
                      "delete.before_rename", "delete.before_unlink"));

class RollbackCrashTest : public CrashPointsTest,
                          public ::testing::WithParamInterface<const char*> {};

TEST_P(RollbackCrashTest, OldOrNewVersionServesWhole) {
  ASSERT_TRUE(ArmFailpoints(GetParam() + std::string("=error")).ok());
  ASSERT_FALSE(kit_.parts->actions.Rollback("user", "test").ok());

  Crash();

  EXPECT_EQ(kit_.Read("user.number"), std::to_string(kit_.view().current));
  ExpectTidy();
}

INSTANTIATE_TEST_SUITE_P(EachPoint, RollbackCrashTest,
                         ::testing::Values("catalog.before_write",
                                           "catalog.before_sync",
                                           "catalog.after_sync",
                                           "publish.before_swap"));

// What makes the others worth something: with the catalog written before the
// rename, a crash in between loses the version that is current.
TEST_F(CrashPointsTest, CatalogFirstLosesTheCurrentVersion) {
  const auto request = kit_.Build();
  ASSERT_TRUE(request.ok());
  ASSERT_TRUE(
      ArmFailpoints("commit.catalog_first=error;version.before_rename=error")
          .ok());
  ASSERT_FALSE(CommitVersion(kit_.dir(), *kit_.parts->catalog, *request).ok());

  Crash();

  EXPECT_EQ(kit_.view().versions.at(3).phase, VersionRecord::Phase::kCorrupt);
}

}  // namespace
}  // namespace freshet
