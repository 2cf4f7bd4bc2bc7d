// SPDX-License-Identifier: Apache-2.0
// Fails each write, sync, rename and link of a build in turn. What is promised:
// an error and no version, or a whole version.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <map>

#include "base/check.h"
#include "base/file.h"
#include "tests/fakes/temp_dir.h"
#include "tests/storage/build_version.h"
#include "tests/storage/libc_faults.h"

namespace freshet {
namespace {

constexpr int kBuilt = 0;
constexpr int kFailed = 1;

class BuildFaultsTest : public testing::Test {
 protected:
  // Builds in a child, as the loader does: this RocksDB has assertions that
  // end the process on some failures.
  int BuildInChild(int fail_at, int error) {
    CHECK(RemoveTree(dir_).ok());
    const pid_t child = ::fork();
    CHECK(child >= 0);
    if (child == 0) {
      const rlimit no_core = {0, 0};
      ::setrlimit(RLIMIT_CORE, &no_core);
      CHECK(::freopen("/dev/null", "w", stderr) != nullptr);
      WatchFileCalls(fail_at, error);
      const auto manifest = BuildVersion(dir_, rows_, options_);
      ::_exit(manifest.ok() ? kBuilt : kFailed);
    }
    int status = 0;
    CHECK(::waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  void ExpectWhole() {
    const auto manifest = ReadManifest(dir_);
    ASSERT_TRUE(manifest.ok()) << manifest.status();
    StoreResources resources(1 << 20);
    const auto version = Version::Open(dir_, *manifest, resources);
    ASSERT_TRUE(version.ok()) << version.status();
    ASSERT_EQ(manifest->rows, static_cast<int64_t>(rows_.size()));
    const absl::Status verified = (*version)->Verify([] { return true; });
    ASSERT_TRUE(verified.ok()) << verified;
  }

  TempDir temp_;
  std::string dir_ = temp_.path() + "/v1.building";
  Rows rows_ = TestRows(400);
  VersionWriterOptions options_{.file_bytes = 8 << 10};
};

TEST_F(BuildFaultsTest, AnyFailedCallGivesAnErrorAndNoVersionOrAWholeOne) {
  WatchFileCalls(-1, 0);
  ASSERT_TRUE(BuildVersion(dir_, rows_, options_).ok());
  const auto calls = TakeFileCalls();
  ASSERT_GT(calls.size(), 20u);
  int errors = 0, aborts = 0, whole = 0;
  for (const int error : {EIO, ENOSPC}) {
    for (size_t i = 0; i < calls.size(); ++i) {
      SCOPED_TRACE(fmt::format("call {} ({} '{}') fails with {}", i,
                               calls[i].name, calls[i].path, error));
      const int ended = BuildInChild(static_cast<int>(i), error);
      if (PathExists(fmt::format("{}/{}", dir_, kManifestName))) {
        // The last sync of the directory may fail when all is in place.
        ASSERT_NO_FATAL_FAILURE(ExpectWhole());
        whole += 1;
      } else {
        EXPECT_NE(ended, kBuilt);
        errors += ended == kFailed ? 1 : 0;
        aborts += ended < 0 ? 1 : 0;
      }
    }
  }
  fmt::print("{} calls, each failed twice: {} errors, {} aborts, {} whole\n",
             calls.size(), errors, aborts, whole);
  EXPECT_GT(errors, 20);
}

TEST_F(BuildFaultsTest, AllIsSyncedBeforeTheManifestGetsItsName) {
  WatchFileCalls(-1, 0);
  const auto manifest = BuildVersion(dir_, rows_, options_);
  const auto calls = TakeFileCalls();
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  const std::string manifest_path = fmt::format("{}/{}", dir_, kManifestName);
  std::map<std::string, size_t> last_write, last_sync;
  size_t named = 0, names_changed = 0;
  for (size_t i = 0; i < calls.size(); ++i) {
    const auto& [name, path] = calls[i];
    if (name == "write") last_write[path] = i;
    if (name == "sync" && named == 0) last_sync[path] = i;
    if (name == "sync" && path == dir_ && named != 0) last_sync["after"] = i;
    if (path == manifest_path && name == "rename") {
      named = i;
    } else if (name == "rename" || name == "link") {
      names_changed = i;
    }
  }

  ASSERT_GT(named, 0u);
  for (const ManifestFile& file : manifest->files) {
    const std::string path = dir_ + "/" + file.name;
    ASSERT_TRUE(last_sync.contains(path)) << path;
    EXPECT_GT(last_sync[path], last_write[path]) << path;
  }
  EXPECT_GT(last_sync[manifest_path + ".new"],
            last_write[manifest_path + ".new"]);
  EXPECT_GT(last_sync[dir_], names_changed);
  EXPECT_GT(last_sync["after"], named);
}

// With 36 MiB of rows that barely compress, on disks that end anywhere.
TEST_F(BuildFaultsTest, AFullDiskIsRefusedBeforeRocksDbMeetsIt) {
  const Rows rows = TestRows(12000, 3000);
  options_.file_bytes = 8 << 20;
  int built = 0, refused = 0;
  for (int64_t mib = 1; mib <= 61; mib += 4) {
    SCOPED_TRACE(fmt::format("a disk of {} MiB", mib));
    ASSERT_TRUE(RemoveTree(dir_).ok());
    PretendFreeBytes(mib << 20);
    const auto manifest = BuildVersion(dir_, rows, options_);
    const int full_writes = FullDiskWrites();
    PretendFreeBytes(-1);
    EXPECT_EQ(full_writes, 0);
    if (manifest.ok()) {
      ++built;
      continue;
    }
    EXPECT_EQ(manifest.status().code(), absl::StatusCode::kResourceExhausted);
    ++refused;
  }
  EXPECT_GT(refused, 4);
  EXPECT_GT(built, 2);
}

}  // namespace
}  // namespace freshet
