// SPDX-License-Identifier: Apache-2.0
#include "loader/snapshot/local_files.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "tests/fakes/temp_dir.h"

namespace freshet {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class LocalFilesTest : public testing::Test {
 protected:
  LocalFilesTest() {
    fs::create_directories(Root("snapshot/day=1"));
    fs::create_directories(dir_.File("outside"));
  }

  std::string Root(const std::string& name) const {
    return dir_.File("root") + "/" + name;
  }
  void Write(const std::string& path, const std::string& text = "x") const {
    std::ofstream(path) << text;
  }
  absl::StatusOr<std::unique_ptr<LocalFiles>> Open(
      const std::string& path, bool require_success = false) const {
    BatchSource source;
    source.path = path;
    source.require_success = require_success;
    return LocalFiles::Open(source, {dir_.File("root")});
  }
  std::string Error(const std::string& path) const {
    return std::string(Open(path).status().message());
  }

  TempDir dir_;
};

TEST_F(LocalFilesTest, EachFileThatIsListedIsToldAsWork) {
  for (const std::string name : {"a.csv", "b.csv", "day=1/c.csv"}) {
    Write(Root("snapshot/" + name));
  }
  int64_t works = 0;
  BatchSource source;
  source.path = Root("snapshot");
  const auto snapshot =
      LocalFiles::Open(source, {dir_.File("root")}, [&] { ++works; });
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ(works, 4);
  ASSERT_TRUE((*snapshot)->CheckUnchanged().ok());
  EXPECT_EQ(works, 8);
}

TEST_F(LocalFilesTest, ADirectoryIsItsFilesInOrderWithoutHiddenOnes) {
  for (const std::string name :
       {"b.csv", "a.csv", "day=1/c.csv", ".hidden", "_SUCCESS", "_tmp"}) {
    Write(Root("snapshot/" + name));
  }
  fs::create_directories(Root("snapshot/_temporary"));
  Write(Root("snapshot/_temporary/d.csv"));
  const auto snapshot = Open(Root("snapshot"));
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  std::vector<std::string> names;
  for (const SourceFile& file : (*snapshot)->files())
    names.push_back(file.name);
  EXPECT_THAT(names, testing::ElementsAre("a.csv", "b.csv", "day=1/c.csv"));
  EXPECT_EQ((*snapshot)->bytes_total(), 3);
}

TEST_F(LocalFilesTest, ARequiredSuccessFileIsAskedFor) {
  EXPECT_THAT(std::string(Open(Root("snapshot"), true).status().message()),
              HasSubstr("no `_SUCCESS`"));
  Write(Root("snapshot/_SUCCESS"));
  EXPECT_TRUE(Open(Root("snapshot"), true).ok());
}

TEST_F(LocalFilesTest, PathsOutsideTheRootsAreRefused) {
  Write(dir_.File("outside/a.csv"));
  fs::create_directories(dir_.File("root2"));  // Not beneath `root`.
  for (const std::string& path :
       {dir_.File("outside"), dir_.File("outside/a.csv"), dir_.File("root2"),
        Root("../outside/a.csv"), std::string("/etc/passwd"),
        std::string("/proc/self/status")}) {
    EXPECT_THAT(Error(path), HasSubstr("outside the allowed roots")) << path;
  }
}

TEST_F(LocalFilesTest, LinksOutOfTheRootsAreRefusedWhereverTheyAre) {
  Write(dir_.File("outside/a.csv"));
  fs::create_symlink(dir_.File("outside"), Root("link"));
  EXPECT_THAT(Error(Root("link")), HasSubstr("outside the allowed roots"));
  fs::create_symlink(dir_.File("outside/a.csv"), Root("snapshot/a.csv"));
  EXPECT_THAT(Error(Root("snapshot")), HasSubstr("outside the allowed roots"));
}

TEST_F(LocalFilesTest, LinksWithinTheRootsAreFollowed) {
  Write(Root("real.csv"));
  fs::create_symlink(Root("real.csv"), Root("snapshot/a.csv"));
  const auto snapshot = Open(Root("snapshot"));
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ((*snapshot)->files()[0].path, fs::canonical(Root("real.csv")));
  EXPECT_TRUE((*snapshot)->OpenFile((*snapshot)->files()[0]).ok());
}

// A link swapped in while the other thread resolves and opens: whatever is
// read must be the file inside.
TEST_F(LocalFilesTest, ASwappedLinkNeverLeadsOutside) {
  Write(Root("snapshot/a.csv"), "inside");
  Write(dir_.File("outside/a.csv"), "secret");
  fs::create_symlink(dir_.File("outside/a.csv"), Root("link"));
  std::atomic<bool> done = false;
  std::thread swapper([&] {
    while (!done) {
      ::renameat2(AT_FDCWD, Root("link").c_str(), AT_FDCWD,
                  Root("snapshot/a.csv").c_str(), RENAME_EXCHANGE);
    }
  });
  int opened = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto snapshot = Open(Root("snapshot"));
    if (!snapshot.ok()) continue;
    const auto fd = (*snapshot)->OpenFile((*snapshot)->files()[0]);
    if (!fd.ok()) continue;
    char text[16] = {};
    ASSERT_GT(::read(fd->get(), text, sizeof(text) - 1), 0);
    EXPECT_STREQ(text, "inside");
    ++opened;
  }
  done = true;
  swapper.join();
  RecordProperty("opened", opened);
}

TEST_F(LocalFilesTest, AFifoAndADirectoryOfTheKernelAreRefusedUnopened) {
  ASSERT_EQ(::mkfifo(Root("snapshot/a.csv").c_str(), 0600), 0);
  EXPECT_THAT(Error(Root("snapshot")), HasSubstr("neither a regular file"));
  BatchSource source;
  source.path = "/proc/self/status";
  EXPECT_THAT(std::string(LocalFiles::Open(source, {"/"}).status().message()),
              HasSubstr("file system of the kernel"));
}

TEST_F(LocalFilesTest, AnyChangeSinceTheListingIsNoticedByName) {
  const std::string a = Root("snapshot/a.csv");
  const auto change = [&](const std::function<void()>& what) {
    fs::remove_all(Root("snapshot"));
    fs::create_directories(Root("snapshot/sub"));
    Write(a, "old");
    Write(Root("snapshot/sub/z.csv"), "z");
    const auto snapshot = Open(Root("snapshot"));
    EXPECT_TRUE((*snapshot)->CheckUnchanged().ok());
    what();
    return std::string((*snapshot)->CheckUnchanged().message());
  };
  EXPECT_THAT(change([&] {
                Write(Root("new"), "new");
                fs::rename(Root("new"), a);
              }),
              HasSubstr("file 'a.csv' was replaced"));
  EXPECT_THAT(change([&] { std::ofstream(a, std::ios::app) << "more"; }),
              HasSubstr("file 'a.csv' was replaced"));
  EXPECT_THAT(change([&] { fs::remove(a); }),
              HasSubstr("file 'a.csv' was removed"));
  EXPECT_THAT(change([&] { Write(Root("snapshot/b.csv")); }),
              HasSubstr("file 'b.csv' was added"));
  EXPECT_THAT(change([&] { fs::remove_all(Root("snapshot")); }),
              HasSubstr("changed while it was read"));
}

TEST_F(LocalFilesTest, AReplacedFileIsNotOpened) {
  const std::string a = Root("snapshot/a.csv");
  Write(a, "old");
  const auto snapshot = Open(a);
  Write(Root("new"), "new");
  fs::rename(Root("new"), a);
  EXPECT_EQ((*snapshot)->OpenFile((*snapshot)->files()[0]).status().code(),
            absl::StatusCode::kAborted);
}

TEST_F(LocalFilesTest, AMissingPathAndMissingRootsAreNamed) {
  EXPECT_THAT(Error(Root("nowhere")), HasSubstr("nowhere"));
  BatchSource source;
  source.path = Root("snapshot");
  EXPECT_THAT(
      std::string(LocalFiles::Open(source, {"/nowhere"}).status().message()),
      HasSubstr("/nowhere"));
}

}  // namespace
}  // namespace freshet
