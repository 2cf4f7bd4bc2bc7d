// SPDX-License-Identifier: Apache-2.0
#include "versions/loads/admission.h"

#include <filesystem>

#include "base/file.h"
#include "gmock/gmock.h"
#include "tests/versions_loads/loads_fixture.h"

namespace freshet {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class DiskAdmissionTest : public LoadsFixture {
 protected:
  // A disk of `bytes` on which only versions take room, and a reserve of 100.
  DiskAdmission DiskOf(int64_t bytes) {
    return DiskAdmission({.dir = options_.directory,
                          .reserve_bytes = 100,
                          .catalog = &store_->catalog(),
                          .actions = &store_->actions(),
                          .free_bytes = [this, bytes] {
                            return absl::StatusOr<int64_t>(bytes - Used());
                          }});
  }
  int64_t Used() const {
    return SizeOfSnapshot(options_.directory + "/views")->bytes;
  }
};

TEST_F(DiskAdmissionTest, WhatFitsIsLetInAndCountsUntilReleased) {
  LoadRows("user", 1, 1);
  DiskAdmission disk = DiskOf(Used() + 1000);
  EXPECT_TRUE(disk.Admit("a", 600).ok());
  EXPECT_TRUE(disk.Admit("a", 700).ok());  // Instead, not besides.

  const absl::Status refused = disk.Admit("b", 300);
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(refused.message()),
              AllOf(HasSubstr("about 300 bytes"), HasSubstr("200 are free"),
                    HasSubstr("100 bytes")));

  disk.Wrote("a", 100);
  EXPECT_TRUE(disk.Admit("b", 300).ok());
  disk.Release("a");
  EXPECT_TRUE(disk.Admit("b", 300).ok());
  EXPECT_TRUE(disk.Admit("c", 600).ok());
}

TEST_F(DiskAdmissionTest, HopelessLoadDeletesNothing) {
  LoadRows("user", 1, 1);
  LoadRows("user", 1, 2);

  EXPECT_FALSE(DiskOf(Used() + 100).Admit("a", 1 << 20).ok());

  EXPECT_THAT(OnDisk("user"), ElementsAre("v1", "v2"));
}

TEST_F(DiskAdmissionTest, OldestUnprotectedVersionMakesRoom) {
  LoadRows("user", 1, 1);
  LoadRows("user", 1, 2);

  EXPECT_TRUE(DiskOf(Used() + 100).Admit("a", 100).ok());

  EXPECT_THAT(OnDisk("user"), ElementsAre("v2"));
  EXPECT_EQ(WhatServes("user").value, 2);
}

TEST_F(DiskAdmissionTest, PinnedVersionDoesNotMakeRoom) {
  LoadRows("user", 1, 1);
  LoadRows("user", 1, 2);
  ASSERT_TRUE(store_->actions().Pin("user", 1, true).ok());

  EXPECT_FALSE(DiskOf(Used() + 100).Admit("a", 100).ok());

  EXPECT_THAT(OnDisk("user"), ElementsAre("v1", "v2"));
}

TEST(SizeOfSnapshotTest, DirectoryCountsItsFilesAlsoBelow) {
  const TempDir dir;
  ASSERT_TRUE(MakeDir(dir.File("a/b")).ok());
  ASSERT_TRUE(WriteFileSynced(dir.File("x"), "123").ok());
  ASSERT_TRUE(WriteFileSynced(dir.File("a/b/y"), "12345").ok());

  const auto size = SizeOfSnapshot(dir.path());

  ASSERT_TRUE(size.ok());
  EXPECT_EQ(size->bytes, 8);
  EXPECT_EQ(size->largest_file_bytes, 5);
  EXPECT_EQ(SizeOfSnapshot(dir.File("x"))->bytes, 3);
  EXPECT_EQ(SizeOfSnapshot(dir.File("no")).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(SizeOfSnapshotTest, CountsWhatTheLoaderWouldReadAndNothingElse) {
  const TempDir dir;
  ASSERT_TRUE(MakeDir(dir.File("real")).ok());
  ASSERT_TRUE(MakeDir(dir.File("snapshot")).ok());
  ASSERT_TRUE(MakeDir(dir.File("snapshot/_temporary")).ok());
  ASSERT_TRUE(WriteFileSynced(dir.File("real/x"), "1234567").ok());
  ASSERT_TRUE(WriteFileSynced(dir.File("y"), "12").ok());
  for (const char* hidden : {".x.crc", "_SUCCESS", "_temporary/x"}) {
    ASSERT_TRUE(
        WriteFileSynced(dir.File("snapshot/") + hidden, "1234567890").ok());
  }
  std::filesystem::create_symlink("../real", dir.File("snapshot/sub"));
  std::filesystem::create_symlink("../y", dir.File("snapshot/y"));
  std::filesystem::create_symlink("nowhere", dir.File("snapshot/z"));

  const auto size = SizeOfSnapshot(dir.File("snapshot"));

  ASSERT_TRUE(size.ok()) << size.status();
  EXPECT_EQ(size->bytes, 9);
  EXPECT_EQ(size->largest_file_bytes, 7);
}

TEST(SizeOfSnapshotTest, LinksInACircleAreRefused) {
  const TempDir dir;
  std::filesystem::create_symlink(".", dir.File("a"));
  std::filesystem::create_symlink(".", dir.File("b"));
  const auto size = SizeOfSnapshot(dir.path());
  EXPECT_EQ(size.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(EstimateLoadBytesTest, GoesByTheVersionBeforeWhereThereIsOne) {
  Manifest before;
  before.source_bytes = 100;
  before.files = {{"a", 60, 0}, {"b", 40, 0}};
  before.key_bytes = 200;
  before.row_bytes = 800;

  EXPECT_EQ(EstimateLoadBytes(100, nullptr, 1), 300);
  // Twice the source: 200 built, and 2000 of runs unless they fit in memory.
  EXPECT_EQ(EstimateLoadBytes(200, &before, 4000), 240);
  EXPECT_EQ(EstimateLoadBytes(200, &before, 1000), 2640);
}

TEST(MemoryAdmissionTest, RowsCountUpToTheSortBuffer) {
  constexpr int64_t kMiB = 1 << 20;
  constexpr int64_t kLoader = 128 * kMiB;
  EXPECT_EQ(EstimateLoadMemory(kMiB, nullptr, 64 * kMiB, 0),
            kLoader + 3 * kMiB);
  EXPECT_EQ(EstimateLoadMemory(1000 * kMiB, nullptr, 64 * kMiB, 5 * kMiB),
            kLoader + 64 * kMiB + 5 * kMiB);
  // Twice the version before, with its index and filter.
  Manifest before;
  before.source_bytes = 10 * kMiB;
  before.row_bytes = 10 * kMiB;
  before.files.push_back({.name = "a", .bytes = kMiB, .tail_bytes = 100});
  EXPECT_EQ(EstimateLoadMemory(20 * kMiB, &before, 64 * kMiB, 0),
            kLoader + 24 * kMiB + 200);
}

TEST(MemoryAdmissionTest, WhatDoesNotFitIsRefusedWithBothNumbers) {
  const FreeMemory free = [] { return absl::StatusOr<int64_t>(1000); };
  EXPECT_TRUE(CheckMemory(free, 1000).ok());
  const absl::Status refused = CheckMemory(free, 1001);
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(refused.message()),
              AllOf(HasSubstr("about 1001 bytes of memory"),
                    HasSubstr("1000 are free")));
  EXPECT_TRUE(CheckMemory(nullptr, 1001).ok());
}

TEST_F(DiskAdmissionTest, WithoutMemoryNoLoaderBegins) {
  options_.free_memory = [] { return absl::StatusOr<int64_t>(1 << 20); };
  Open();
  const auto job = loads().Start(Request("user", Building(1, 1)));
  EXPECT_EQ(job.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(job.status().message()), HasSubstr("of memory"));
}

}  // namespace
}  // namespace freshet
