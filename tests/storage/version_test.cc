// SPDX-License-Identifier: Apache-2.0
#include "storage/version.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/failpoint.h"
#include "base/file.h"
#include "tests/fakes/temp_dir.h"
#include "tests/storage/build_version.h"

namespace freshet {
namespace {

using testing::HasSubstr;
using State = RowBatch::State;
using namespace std::string_literals;

class VersionTest : public testing::Test {
 protected:
  std::unique_ptr<Version> Open(const Manifest& manifest) {
    auto version = Version::Open(dir_, manifest, resources_);
    EXPECT_TRUE(version.ok()) << version.status();
    return version.ok() ? *std::move(version) : nullptr;
  }

  std::unique_ptr<Version> BuildAndOpen(
      const Rows& rows, const VersionWriterOptions& options = {}) {
    const auto manifest = BuildVersion(dir_, rows, options);
    EXPECT_TRUE(manifest.ok()) << manifest.status();
    return manifest.ok() ? Open(*manifest) : nullptr;
  }

  TempDir temp_;
  std::string dir_ = temp_.path() + "/v1";
  StoreResources resources_{8 << 20};
};

TEST_F(VersionTest, EveryRowComesBackAndOthersAreNotFound) {
  const Rows rows = TestRows(5000);
  const auto version = BuildAndOpen(rows, {.file_bytes = 100 << 10});
  ASSERT_NE(version, nullptr);

  const auto found = LookUp(*version, KeysOf(rows));
  size_t i = 0;
  for (const auto& [key, row] : rows) {
    ASSERT_EQ(found[i].state, State::kFound) << key;
    ASSERT_EQ(found[i].row, row) << key;
    ++i;
  }
  for (const Found& f :
       LookUp(*version, {"", "a", "k", "k000000x", "k9", "zzz"})) {
    EXPECT_EQ(f.state, State::kNotFound);
  }
}

TEST_F(VersionTest, TheEmptyKeyAndKeysWithZeroBytesAreKeys) {
  Rows rows;
  for (const auto& key : {""s, "\0"s, "\0\0"s, "a\0b"s, "\xff\xff"s}) {
    rows[key] = TestRow(static_cast<int64_t>(rows.size()));
  }
  const auto version = BuildAndOpen(rows);
  ASSERT_NE(version, nullptr);

  const auto found = LookUp(*version, KeysOf(rows));
  size_t i = 0;
  for (const auto& [key, row] : rows) {
    EXPECT_EQ(found[i].state, State::kFound) << testing::PrintToString(key);
    EXPECT_EQ(found[i++].row, row);
  }
}

TEST_F(VersionTest, AColdKeyNeedsDiskAndAReadKeyIsAnsweredFromMemory) {
  const auto version = BuildAndOpen(TestRows(1000));
  ASSERT_NE(version, nullptr);
  const std::vector<std::string_view> keys = {"k000500", "nobody"};
  RowBatch batch;

  version->LookupCached(keys, batch);
  EXPECT_EQ(batch.state(0), State::kNeedsDisk);
  EXPECT_EQ(batch.state(1), State::kNotFound);  // By the filter.
  EXPECT_EQ(batch.needs_disk(), 1u);
  version->LookupDisk(keys, batch);
  EXPECT_EQ(batch.state(0), State::kFound);
  EXPECT_EQ(batch.needs_disk(), 0u);
  version->LookupCached(keys, batch);
  EXPECT_EQ(batch.state(0), State::kFound);
  EXPECT_EQ(batch.row(0), TestRow(500));
}

// Of two versions with the same keys, the second with other rows.
class InheritTest : public VersionTest {
 protected:
  void SetUp() override {
    Rows rows = TestRows(kRows);
    before_ = BuildAndOpen(rows);
    for (auto& [key, row] : rows) row = TestRow(kRows);
    const auto manifest = BuildVersion(temp_.path() + "/v2", rows);
    ASSERT_TRUE(manifest.ok()) << manifest.status();
    auto after = Version::Open(temp_.path() + "/v2", *manifest, resources_);
    ASSERT_TRUE(after.ok()) << after.status();
    after_ = *std::move(after);
  }

  static constexpr int64_t kRows = 5000;
  std::unique_ptr<Version> before_, after_;
};

TEST_F(InheritTest, RowsOfTheKeysThatWereAskedForAreInMemory) {
  LookUp(*before_, {"k000007", "k004999"});

  ASSERT_TRUE(InheritRowCache(*before_, *after_, [] { return true; }).ok());

  const std::vector<std::string_view> keys = {"k000007", "k000008", "k004999"};
  RowBatch batch;
  after_->LookupCached(keys, batch);
  EXPECT_EQ(batch.state(0), State::kFound);
  EXPECT_EQ(batch.row(0), TestRow(kRows));
  EXPECT_EQ(batch.state(1), State::kNeedsDisk);
  EXPECT_EQ(batch.state(2), State::kFound);
  // What serves still finds its own.
  EXPECT_EQ(LookUp(*before_, {"k000007"})[0].row, TestRow(7));
}

TEST_F(InheritTest, EndsWhenToldTo) {
  LookUp(*before_, {"k000007", "k004999"});

  ASSERT_TRUE(InheritRowCache(*before_, *after_, [] { return false; }).ok());

  const std::vector<std::string_view> keys = {"k000007", "k004999"};
  RowBatch batch;
  after_->LookupCached(keys, batch);
  EXPECT_EQ(batch.state(0), State::kFound);
  EXPECT_EQ(batch.state(1), State::kNeedsDisk);
}

TEST_F(VersionTest, AReadErrorFailsTheKeysThatNeededDiskAndNoOthers) {
  const auto version = BuildAndOpen(TestRows(1000));
  ASSERT_NE(version, nullptr);
  LookUp(*version, {"k000001"});
  const std::vector<std::string_view> keys = {"k000001", "k000900"};
  RowBatch batch;
  version->LookupCached(keys, batch);

  ASSERT_TRUE(ArmFailpoints("read.disk=error").ok());
  version->LookupDisk(keys, batch);
  ASSERT_TRUE(ArmFailpoints("").ok());

  EXPECT_EQ(batch.state(0), State::kFound);
  EXPECT_EQ(batch.state(1), State::kError);
}

TEST_F(VersionTest, ABatchIsReusedForMoreAndForFewerKeys) {
  const auto version = BuildAndOpen(TestRows(100));
  ASSERT_NE(version, nullptr);
  RowBatch batch;
  for (const size_t size : {3u, 50u, 1u, 0u, 60u}) {
    std::vector<std::string> keys;
    for (size_t i = 0; i < size; ++i) keys.push_back(fmt::format("k{:06}", i));
    const std::vector<std::string_view> views(keys.begin(), keys.end());
    version->LookupCached(views, batch);
    version->LookupDisk(views, batch);
    ASSERT_EQ(batch.size(), size);
    for (size_t i = 0; i < size; ++i) {
      EXPECT_EQ(batch.row(i), TestRow(static_cast<int64_t>(i)));
    }
  }
}

TEST_F(VersionTest, RowsStayValidWhileHeldThoughTheCacheIsTooSmallForThem) {
  StoreResources tiny(0);
  const Rows rows = TestRows(5000);
  const auto manifest = BuildVersion(dir_, rows);
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  const auto version = Version::Open(dir_, *manifest, tiny);
  ASSERT_TRUE(version.ok()) << version.status();
  const auto keys = KeysOf(rows);
  const std::vector<std::string_view> views(keys.begin(), keys.end());
  RowBatch batch;
  (*version)->LookupCached(views, batch);
  (*version)->LookupDisk(views, batch);

  for (size_t i = 0; i < keys.size(); ++i) {
    ASSERT_EQ(batch.row(i), rows.at(keys[i]));
  }
}

TEST_F(VersionTest, AVersionWithoutRowsOpensAndFindsNothing) {
  const auto version = BuildAndOpen({});
  ASSERT_NE(version, nullptr);

  EXPECT_EQ(version->manifest().rows, 0);
  EXPECT_EQ(LookUp(*version, {"a"})[0].state, State::kNotFound);
  EXPECT_TRUE(version->Warm().ok());
  EXPECT_TRUE(version->Verify([] { return true; }).ok());
}

TEST_F(VersionTest, AScanVisitsEveryRowInTheOrderOfKeysAndStopsWhenTold) {
  const Rows rows = TestRows(3000);
  const auto version = BuildAndOpen(rows, {.file_bytes = 64 << 10});
  ASSERT_NE(version, nullptr);
  Rows seen;
  std::string last;
  ASSERT_TRUE(version
                  ->Scan([&](std::string_view key, std::string_view row) {
                    EXPECT_TRUE(seen.empty() || last < key);
                    last = key;
                    seen.emplace(key, row);
                    return true;
                  })
                  .ok());
  EXPECT_EQ(seen, rows);

  int visits = 0;
  ASSERT_TRUE(version
                  ->Scan([&](std::string_view, std::string_view) {
                    return ++visits < 7;
                  })
                  .ok());
  EXPECT_EQ(visits, 7);
}

TEST_F(VersionTest, WarmingTouchesEachTableAndVerifyingReadsAll) {
  const auto version = BuildAndOpen(TestRows(3000), {.file_bytes = 16 << 10});
  ASSERT_NE(version, nullptr);
  EXPECT_GT(version->stats().memory_bytes, 0);
  const int64_t cached_before = resources_.stats().cache_bytes;

  ASSERT_TRUE(version->Warm().ok());
  EXPECT_GE(resources_.stats().cache_bytes, cached_before + 3 * 4000);
  EXPECT_TRUE(version->Verify([] { return true; }).ok());
  EXPECT_EQ(version->Verify([] { return false; }).code(),
            absl::StatusCode::kCancelled);
}

TEST_F(VersionTest, ReadsAreCountedOnceThoughTheyAreTriedTwice) {
  const auto version = BuildAndOpen(TestRows(1000));
  ASSERT_NE(version, nullptr);

  LookUp(*version, {"k000500"});
  EXPECT_EQ(resources_.stats().cache_misses, 1);
  LookUp(*version, {"k000500"});
  EXPECT_EQ(resources_.stats().cache_misses, 1);
  EXPECT_EQ(resources_.stats().cache_hits, 1);
  EXPECT_GT(resources_.stats().cache_bytes, 0);
  LookUp(*version, {"k0005001"});
  EXPECT_EQ(resources_.stats().filter_useful, 1);
}

TEST_F(VersionTest, TwoCanBeOpenInTheSameDirectory) {
  const auto manifest = BuildVersion(dir_, TestRows(10));
  ASSERT_TRUE(manifest.ok());
  const auto one = Open(*manifest);
  const auto two = Open(*manifest);
  ASSERT_TRUE(one && two);

  EXPECT_EQ(LookUp(*two, {"k000003"})[0].row, TestRow(3));
}

TEST_F(VersionTest, WhatTheCatalogDidNotCommitIsRefused) {
  const auto manifest = BuildVersion(dir_, TestRows(10));
  ASSERT_TRUE(manifest.ok());
  std::vector<Manifest> others(7, *manifest);
  others[0].view = "plane";
  others[1].version = 9;
  others[2].rows = 11;
  others[3].rows_sum ^= 1;
  others[4].files[0].xxh3 ^= 1;
  others[5].files.pop_back();
  others[6].source = "elsewhere";
  for (const Manifest& other : others) {
    const auto version = Version::Open(dir_, other, resources_);
    EXPECT_EQ(version.status().code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(version.status().ToString(), HasSubstr("its manifest"));
  }
}

TEST_F(VersionTest, ALogThatAppearedIsRefusedSinceRocksDbWouldReplayIt) {
  const auto manifest = BuildVersion(dir_, TestRows(10));
  ASSERT_TRUE(manifest.ok());
  ASSERT_TRUE(WriteFileSynced(dir_ + "/000099.log", "").ok());

  EXPECT_THAT(Version::Open(dir_, *manifest, resources_).status().ToString(),
              HasSubstr("000099.log"));
}

TEST_F(VersionTest, OpeningWritesNothingIntoTheDirectory) {
  const auto manifest = BuildVersion(dir_, TestRows(10));
  ASSERT_TRUE(manifest.ok());
  const auto before = *ListDir(dir_);
  Open(*manifest);

  EXPECT_EQ(*ListDir(dir_), before);
}

}  // namespace
}  // namespace freshet
