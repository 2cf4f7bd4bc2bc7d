// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/temp_dir.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(FileTest, WhatWasWrittenIsRead) {
  const TempDir dir;
  std::string bytes(200'000, 'x');
  bytes[0] = '\0';

  ASSERT_TRUE(WriteFileSynced(dir.File("a"), bytes).ok());

  EXPECT_EQ(*ReadFile(dir.File("a")), bytes);
  EXPECT_EQ(*FileSize(dir.File("a")), 200'000);
}

TEST(FileTest, NoMoreIsReadThanAskedFor) {
  const auto zeros = ReadFile("/dev/zero", 100'000);
  ASSERT_TRUE(zeros.ok()) << zeros.status();
  EXPECT_EQ(*zeros, std::string(100'000, '\0'));
}

TEST(FileTest, WritingReplacesALongerFile) {
  const TempDir dir;
  ASSERT_TRUE(WriteFileSynced(dir.File("a"), "a long text").ok());
  ASSERT_TRUE(WriteFileSynced(dir.File("a"), "b").ok());
  EXPECT_EQ(*ReadFile(dir.File("a")), "b");
}

TEST(FileTest, MissingFileIsNotFoundByName) {
  const TempDir dir;
  const std::string path = dir.File("missing");

  for (const absl::Status& status :
       {ReadFile(path).status(), SyncFile(path), SyncDir(path),
        FileSize(path).status(), FreeBytes(path).status(),
        ListDir(path).status(), RenameSynced(path, dir.File("b"))}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("missing"));
  }
  EXPECT_FALSE(PathExists(path));
}

TEST(FileTest, FullDeviceIsResourceExhausted) {
  if (!PathExists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  const absl::Status status = WriteFileSynced("/dev/full", "x");
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
}

TEST(FileTest, ErrnoDecidesTheCode) {
  EXPECT_TRUE(absl::IsResourceExhausted(ErrnoError("w", "p", ENOSPC)));
  EXPECT_TRUE(absl::IsResourceExhausted(ErrnoError("w", "p", EMFILE)));
  EXPECT_TRUE(absl::IsPermissionDenied(ErrnoError("w", "p", EACCES)));
  EXPECT_TRUE(absl::IsAlreadyExists(ErrnoError("w", "p", EEXIST)));
  EXPECT_TRUE(absl::IsInternal(ErrnoError("w", "p", EIO)));
  EXPECT_THAT(std::string(ErrnoError("cannot open", "p", EIO).message()),
              HasSubstr("cannot open 'p': "));
}

TEST(FileTest, RenameMovesAndReplaces) {
  const TempDir dir;
  ASSERT_TRUE(WriteFileSynced(dir.File("new"), "new").ok());
  ASSERT_TRUE(WriteFileSynced(dir.File("old"), "old").ok());

  ASSERT_TRUE(RenameSynced(dir.File("new"), dir.File("old")).ok());

  EXPECT_EQ(*ReadFile(dir.File("old")), "new");
  EXPECT_FALSE(PathExists(dir.File("new")));
}

TEST(FileTest, ListDirIsSortedAndWithoutDots) {
  const TempDir dir;
  ASSERT_TRUE(WriteFileSynced(dir.File("b"), "").ok());
  ASSERT_TRUE(MakeDir(dir.File("a")).ok());
  ASSERT_TRUE(WriteFileSynced(dir.File(".hidden"), "").ok());

  EXPECT_THAT(*ListDir(dir.path()), ElementsAre(".hidden", "a", "b"));
}

TEST(FileTest, MakeDirMakesParentsAndAcceptsOneThatIsThere) {
  const TempDir dir;
  EXPECT_TRUE(MakeDir(dir.File("a/b/c")).ok());
  EXPECT_TRUE(MakeDir(dir.File("a/b/c")).ok());
  EXPECT_TRUE(PathExists(dir.File("a/b/c")));
}

TEST(FileTest, RemoveTreeRemovesAllAndAcceptsNothing) {
  const TempDir dir;
  ASSERT_TRUE(MakeDir(dir.File("a/b")).ok());
  ASSERT_TRUE(WriteFileSynced(dir.File("a/b/f"), "x").ok());

  EXPECT_TRUE(RemoveTree(dir.File("a")).ok());

  EXPECT_FALSE(PathExists(dir.File("a")));
  EXPECT_TRUE(RemoveTree(dir.File("a")).ok());
}

TEST(FileTest, RemoveTreeRemovesALinkAndNotItsTarget) {
  const TempDir dir;
  ASSERT_TRUE(WriteFileSynced(dir.File("kept"), "x").ok());
  ASSERT_EQ(::symlink(dir.File("kept").c_str(), dir.File("link").c_str()), 0);

  EXPECT_TRUE(RemoveTree(dir.File("link")).ok());

  EXPECT_FALSE(PathExists(dir.File("link")));
  EXPECT_TRUE(PathExists(dir.File("kept")));
}

TEST(FileTest, DanglingLinkExists) {
  const TempDir dir;
  ASSERT_EQ(::symlink("nowhere", dir.File("link").c_str()), 0);
  EXPECT_TRUE(PathExists(dir.File("link")));
}

TEST(FileTest, FreeBytesIsPositiveInATempDir) {
  const TempDir dir;
  EXPECT_GT(*FreeBytes(dir.path()), 0);
}

TEST(UniqueFdTest, ClosesWhatItOwns) {
  int raw = -1;
  {
    const UniqueFd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    ASSERT_TRUE(fd.ok());
    raw = fd.get();
  }
  EXPECT_EQ(::fcntl(raw, F_GETFD), -1);
}

TEST(UniqueFdTest, MoveLeavesTheSourceEmptyAndClosesTheTargets) {
  UniqueFd from(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  UniqueFd to(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int moved = from.get();
  const int closed = to.get();

  to = std::move(from);

  EXPECT_EQ(to.get(), moved);
  // NOLINTNEXTLINE(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
  EXPECT_FALSE(from.ok());
  EXPECT_EQ(::fcntl(closed, F_GETFD), -1);
}

TEST(UniqueFdTest, ReleaseGivesOwnershipAway) {
  UniqueFd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const UniqueFd other(fd.Release());
  EXPECT_FALSE(fd.ok());
  EXPECT_TRUE(other.ok());
}

}  // namespace
}  // namespace freshet
