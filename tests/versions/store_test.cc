// SPDX-License-Identifier: Apache-2.0
#include "versions/store.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "storage/framed_file.h"
#include "tests/versions/store_kit.h"
#include "versions/layout.h"

namespace freshet {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class StoreTest : public ::testing::Test {
 protected:
  // Version 1 of view `user`, loaded by an earlier life of the daemon.
  StoreTest() {
    kit_.Apply(UserYaml({"number: int64"}));
    kit_.Load();
    kit_.parts.reset();
  }

  absl::StatusOr<std::unique_ptr<Store>> Open() {
    Store::Options options;
    options.directory = kit_.dir();
    options.storage.block_cache_bytes = 8 << 20;
    options.storage.orphan_grace_s = 60;
    options.clock = &kit_.clock;
    return Store::Open(std::move(options));
  }

  StoreKit kit_;
};

TEST_F(StoreTest, WhatWasLoadedServesOnceItIsOpen) {
  const auto store = Open();
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_THAT((*store)->notes(), IsEmpty());
  const auto set = (*store)->serving().Current();
  EXPECT_EQ(set->FindView("user")->current->manifest().version, 1);
  EXPECT_TRUE(set->ServicePlan("model").ok());
}

TEST_F(StoreTest, SecondDaemonIsRefusedByThePidOfTheFirst) {
  const auto first = Open();
  ASSERT_TRUE(first.ok());

  const auto second = Open();

  EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr(fmt::format("process {}", ::getpid())));
}

TEST_F(StoreTest, SecondDaemonCleansNothingUp) {
  const auto first = Open();
  ASSERT_TRUE(first.ok());
  const std::string building = BuildingDir(kit_.dir(), "user", 2);
  ASSERT_TRUE(MakeDir(building).ok());

  EXPECT_FALSE(Open().ok());

  EXPECT_TRUE(PathExists(building));
}

TEST_F(StoreTest, LockIsLetGoWithTheStore) {
  ASSERT_TRUE(Open().ok());
  EXPECT_TRUE(Open().ok());
}

TEST_F(StoreTest, NewDirectoryIsMadeAndEmpty) {
  TempDir dir;
  Store::Options options;
  options.directory = dir.File("deep/store");
  options.clock = &kit_.clock;
  const auto store = Store::Open(std::move(options));
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_TRUE((*store)->serving().Current()->views().empty());
}

TEST_F(StoreTest, CatalogOfANewerReleaseIsRefused) {
  ASSERT_TRUE(WriteFileSynced(kit_.dir() + "/catalog.a",
                              Frame(kCatalogMagic, kCatalogFormat + 1, "{}"))
                  .ok());
  EXPECT_EQ(Open().status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(StoreTest, WhatStartUpDidIsSaid) {
  ASSERT_TRUE(MakeDir(BuildingDir(kit_.dir(), "user", 2)).ok());
  const auto store = Open();
  ASSERT_TRUE(store.ok());
  EXPECT_THAT(
      (*store)->notes(),
      Contains(Field(&StartNote::text, HasSubstr("its load did not end"))));
}

TEST_F(StoreTest, TidyRemovesWhatWasSetAsideLongEnoughAgo) {
  ASSERT_TRUE(MakeDir(VersionDir(kit_.dir(), "user", 5)).ok());
  const auto store = Open();
  ASSERT_TRUE(store.ok());
  EXPECT_THAT(*(*store)->Tidy(), IsEmpty());

  kit_.clock.Advance(61 * kSecondMicros);

  EXPECT_THAT(*(*store)->Tidy(), ElementsAre(HasSubstr("aside/user.v5.")));
  EXPECT_THAT(*ListDir(AsideDir(kit_.dir())), IsEmpty());
}

TEST_F(StoreTest, TidyAppliesRetentionByAge) {
  kit_.Restart();
  kit_.Apply(UserYaml({"number: int64"},
                      "    retention: {versions: 5, max_age: 1h}\n"));
  kit_.Load();
  kit_.parts.reset();
  const auto store = Open();
  ASSERT_TRUE(store.ok()) << store.status();
  ASSERT_TRUE((*store)->Tidy().ok());
  EXPECT_EQ((*store)->catalog().state()->views.at("user").versions.size(), 2u);

  kit_.clock.Advance(3601 * kSecondMicros);
  ASSERT_TRUE((*store)->Tidy().ok());

  EXPECT_EQ((*store)->catalog().state()->views.at("user").versions.size(), 1u);
}

}  // namespace
}  // namespace freshet
