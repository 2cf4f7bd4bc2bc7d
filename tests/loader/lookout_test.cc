// SPDX-License-Identifier: Apache-2.0
#include "loader/watch/lookout.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "base/file.h"
#include "loader/watch/watcher.h"
#include "tests/fakes/temp_dir.h"

namespace freshet {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

class LookoutTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) const {
    return temp_.path() + "/" + name;
  }

  // `second` of a day long ago is when it was written.
  void Write(const std::string& name, int second,
             const std::string& text = "x") {
    std::filesystem::create_directories(
        std::filesystem::path(Path(name)).parent_path());
    ASSERT_TRUE(WriteFileSynced(Path(name), text).ok());
    const timespec time = {1'600'000'000 + second, 0};
    const timespec times[] = {time, time};
    ASSERT_EQ(::utimensat(AT_FDCWD, Path(name).c_str(), times, 0), 0);
  }

  Lookout Make(WatchSettings watch, const std::string& name = "users") {
    WatchedSource watched;
    watched.view = "view";
    watched.source.path = Path(name);
    watched.source.watch = watch;
    if (watch.complete == Complete::kManifest) {
      watched.source.manifest = "_manifest.json";
    }
    return Lookout(watched, {temp_.path()}, {});
  }

  static std::string Waits(const Sighting& sighting) {
    EXPECT_EQ(sighting.status.code(), absl::StatusCode::kFailedPrecondition)
        << sighting.status;
    return std::string(sighting.status.message());
  }

  TempDir temp_;
  Lookout::Time now_ = std::chrono::steady_clock::now();
};

TEST_F(LookoutTest, ASnapshotIsCompleteWithItsSuccess) {
  Write("users/a", 1);
  Write("users/b", 2, "four");
  Lookout lookout = Make({});
  EXPECT_THAT(Waits(lookout.Look(now_)), HasSubstr("no `_SUCCESS` yet"));

  Write("users/_SUCCESS", 2, "");
  const Sighting sighting = lookout.Look(now_);

  EXPECT_TRUE(sighting.status.ok()) << sighting.status;
  EXPECT_EQ(sighting.view, "view");
  EXPECT_EQ(sighting.path, Path("users"));
  EXPECT_EQ(sighting.files, 2);
  EXPECT_EQ(sighting.bytes, 5);
}

TEST_F(LookoutTest, OneThatIsWrittenAnewWaitsForANewSuccess) {
  Write("users/a", 1);
  Write("users/_SUCCESS", 2, "");
  Lookout lookout = Make({});
  const Sighting before = lookout.Look(now_);
  ASSERT_TRUE(before.status.ok()) << before.status;
  EXPECT_EQ(lookout.Look(now_).sum, before.sum);

  Write("users/a", 3);
  EXPECT_THAT(Waits(lookout.Look(now_)),
              HasSubstr("'a' is younger than the `_SUCCESS`"));
  Write("users/_SUCCESS", 4, "");
  const Sighting after = lookout.Look(now_);

  ASSERT_TRUE(after.status.ok()) << after.status;
  EXPECT_NE(after.sum, before.sum);
}

TEST_F(LookoutTest, AManifestSaysWhatBelongsToTheSnapshot) {
  Write("users/a", 1);
  Write("users/b", 5);
  Lookout lookout = Make({.complete = Complete::kManifest});
  EXPECT_THAT(Waits(lookout.Look(now_)), HasSubstr("no `_manifest.json` yet"));

  Write("users/_manifest.json", 2,
        R"({"files": [{"name": "a", "bytes": 1}, {"name": "c", "bytes": 4}]})");
  EXPECT_THAT(Waits(lookout.Look(now_)), HasSubstr("'c' is not there"));
  Write("users/c", 1, "two");
  EXPECT_THAT(Waits(lookout.Look(now_)), HasSubstr("'c' has 3 bytes"));
  Write("users/c", 2, "four");
  const Sighting sighting = lookout.Look(now_);

  ASSERT_TRUE(sighting.status.ok()) << sighting.status;
  EXPECT_EQ(sighting.files, 2);
  EXPECT_EQ(sighting.bytes, 5);

  Write("users/c", 3, "five");
  EXPECT_THAT(Waits(lookout.Look(now_)),
              HasSubstr("'c' is younger than the `_manifest.json`"));
}

TEST_F(LookoutTest, AManifestOfAnotherFormIsAnErrorAndAHalfOneIsWaitedFor) {
  Lookout lookout = Make({.complete = Complete::kManifest});
  Write("users/_manifest.json", 1, "{\"files\": [");
  EXPECT_THAT(Waits(lookout.Look(now_)), HasSubstr("is it being written?"));
  Write("users/_manifest.json", 1, "{}");
  EXPECT_TRUE(absl::IsInvalidArgument(lookout.Look(now_).status));
}

TEST_F(LookoutTest, WhatALoadWouldRefuseIsNotComplete) {
  Write("users/a", 1);
  WatchedSource watched;
  watched.source.path = Path("users");
  watched.source.watch = {.complete = Complete::kQuiet, .quiet_micros = 0};
  watched.source.require_success = true;
  EXPECT_THAT(Waits(Lookout(watched, {temp_.path()}, {}).Look(now_)),
              HasSubstr("has no `_SUCCESS`"));
}

TEST_F(LookoutTest, WhatIsNotThereIsAnError) {
  Lookout lookout = Make({});
  EXPECT_TRUE(absl::IsNotFound(lookout.Look(now_).status))
      << lookout.Look(now_).status;
  std::filesystem::create_directories(Path("users"));
  EXPECT_THAT(Waits(lookout.Look(now_)), HasSubstr("holds no files yet"));
}

TEST_F(LookoutTest, WhatLiesOutsideTheRootsIsNotLookedAt) {
  Write("users/a", 1);
  WatchedSource watched;
  watched.source.path = Path("users");
  watched.source.watch = WatchSettings();
  TempDir elsewhere;
  EXPECT_TRUE(absl::IsPermissionDenied(
      Lookout(watched, {elsewhere.path()}, {}).Look(now_).status));
}

TEST_F(LookoutTest, QuietIsWhatHasNotChangedForSoLong) {
  Write("users/a", 1);
  Lookout lookout =
      Make({.complete = Complete::kQuiet, .quiet_micros = 10'000'000});
  EXPECT_THAT(Waits(lookout.Look(now_)), HasSubstr("less than 10 s ago"));
  Waits(lookout.Look(now_ + seconds(9)));
  Write("users/b", 1);
  Waits(lookout.Look(now_ + seconds(11)));
  Waits(lookout.Look(now_ + seconds(20)));
  const Sighting sighting = lookout.Look(now_ + seconds(21));
  EXPECT_TRUE(sighting.status.ok()) << sighting.status;
  EXPECT_EQ(sighting.files, 2);
}

TEST_F(LookoutTest, AFileIsOnlyCompleteWhenQuiet) {
  Write("users", 1);
  EXPECT_THAT(Waits(Make({}).Look(now_)), HasSubstr("complete: quiet"));
  Lookout quiet = Make({.complete = Complete::kQuiet, .quiet_micros = 1});
  Waits(quiet.Look(now_));
  EXPECT_TRUE(quiet.Look(now_ + seconds(1)).status.ok());
}

TEST_F(LookoutTest, OfDirectoriesTheLastCompleteOneCounts) {
  Lookout lookout = Make({.each = SnapshotPlace::kDirectory});
  std::filesystem::create_directories(Path("users"));
  EXPECT_THAT(Waits(lookout.Look(now_)), HasSubstr("no directory yet"));

  for (const char* day : {"ds=2013-03-09", "ds=2013-03-10", "_temporary"}) {
    Write(fmt::format("users/{}/a", day), 1);
    Write(fmt::format("users/{}/_SUCCESS", day), 1, "");
  }
  Write("users/README", 1);
  EXPECT_EQ(lookout.Look(now_).path, Path("users/ds=2013-03-10"));

  Write("users/ds=2013-03-11/a", 1);
  const Sighting older = lookout.Look(now_);
  EXPECT_TRUE(older.status.ok()) << older.status;
  EXPECT_EQ(older.path, Path("users/ds=2013-03-10"));

  Write("users/ds=2013-03-11/_SUCCESS", 1, "");
  EXPECT_EQ(lookout.Look(now_).path, Path("users/ds=2013-03-11"));
}

TEST_F(LookoutTest, WithoutACompleteOneTheLastIsWaitedFor) {
  Write("users/ds=1/a", 1);
  Write("users/ds=2/a", 1);
  Lookout lookout = Make({.each = SnapshotPlace::kDirectory});
  EXPECT_THAT(Waits(lookout.Look(now_)), HasSubstr("ds=2"));
}

TEST_F(LookoutTest, OfQuietDirectoriesEachHasItsOwnQuiet) {
  Write("users/ds=1/a", 1);
  Write("users/ds=2/a", 1);
  Lookout lookout = Make({.complete = Complete::kQuiet,
                          .quiet_micros = 10'000'000,
                          .each = SnapshotPlace::kDirectory});
  Waits(lookout.Look(now_));
  Write("users/ds=2/b", 1);
  const Sighting sighting = lookout.Look(now_ + seconds(10));
  EXPECT_TRUE(sighting.status.ok()) << sighting.status;
  EXPECT_EQ(sighting.path, Path("users/ds=1"));
}

// What a watcher of one source told.
// A directory of its own for each, as a source of upserts has them.
class NextUpsertTest : public LookoutTest {
 protected:
  Lookout MakeUpserts() {
    WatchedSource watched;
    watched.view = "view";
    watched.source.path = Path("users");
    watched.source.mode = LoadMode::kUpsert;
    watched.source.watch = WatchSettings{.each = SnapshotPlace::kDirectory};
    return Lookout(watched, {temp_.path()}, {});
  }

  void WriteDay(const std::string& day) {
    Write("users/" + day + "/a", 1);
    Write("users/" + day + "/_SUCCESS", 2, "");
  }
};

TEST_F(NextUpsertTest, EachIsSeenInTheOrderOfTheNames) {
  for (const char* day : {"ds=3", "ds=1", "ds=2"}) WriteDay(day);
  Lookout lookout = MakeUpserts();

  EXPECT_EQ(lookout.Look(now_).path, Path("users/ds=1"));
  EXPECT_EQ(lookout.Look(now_, "ds=1").path, Path("users/ds=2"));
  EXPECT_EQ(lookout.Look(now_, "ds=10").path, Path("users/ds=2"));
  const Sighting last = lookout.Look(now_, "ds=3");
  EXPECT_TRUE(last.status.ok()) << last.status;
  EXPECT_EQ(last.path, Path("users/ds=3"));
  EXPECT_THAT(Waits(lookout.Look(now_, "ds=4")),
              HasSubstr("no directory after 'ds=4' yet"));
}

TEST_F(NextUpsertTest, OneThatIsNotCompleteIsNotLeftOut) {
  WriteDay("ds=1");
  Write("users/ds=2/a", 1);
  WriteDay("ds=3");
  Lookout lookout = MakeUpserts();

  EXPECT_THAT(Waits(lookout.Look(now_, "ds=1")), HasSubstr("ds=2"));
}

TEST_F(NextUpsertTest, OneWhoseNameComesTooLateIsTold) {
  for (const char* day : {"ds=1", "ds=3"}) WriteDay(day);
  Lookout lookout = MakeUpserts();
  EXPECT_EQ(lookout.Look(now_, "ds=3").note, "");
  WriteDay("ds=2");

  const Sighting late = lookout.Look(now_, "ds=3");

  EXPECT_EQ(late.path, Path("users/ds=3"));
  EXPECT_THAT(late.note, HasSubstr("'ds=2' came after 'ds=3' was loaded"));
  EXPECT_THAT(late.note, HasSubstr("freshet load view " + Path("users/ds=2")));
  EXPECT_EQ(lookout.Look(now_, "ds=3").note, "");  // Once.
}

class WatcherTest : public LookoutTest {
 protected:
  WatchOrder Order(int64_t every_micros) {
    WatchOrder order;
    order.roots = {temp_.path()};
    order.sources.resize(1);
    order.sources[0].view = "view";
    order.sources[0].source.path = Path("users");
    order.sources[0].source.watch = {.every_micros = every_micros};
    return order;
  }

  void Await(size_t count) {
    MutexLock lock(mu_);
    while (seen_.size() < count) {
      changed_.WaitFor(mu_, std::chrono::milliseconds(100));
    }
  }

  Watcher::Tell Tell() {
    return [this](const Sighting& sighting) {
      MutexLock lock(mu_);
      seen_.push_back(sighting);
      changed_.SignalAll();
    };
  }

  Mutex mu_;
  CondVar changed_;
  std::vector<Sighting> seen_;
};

TEST_F(WatcherTest, LooksAtOnceAndThenEverySoOften) {
  Write("users/a", 1);
  Watcher watcher(Order(1'000), Tell());
  Await(3);
}

TEST_F(WatcherTest, LooksWhenItIsWoken) {
  Write("users/a", 1);
  Watcher watcher(Order(int64_t{3600} * 1'000'000), Tell());
  Await(1);
  watcher.Wake({.view = "other", .after = {}});
  watcher.Wake({.view = "view", .after = {}});
  Await(2);
}

TEST_F(WatcherTest, WatchesNothingWithoutSources) {
  Watcher watcher({}, Tell());
  watcher.Wake({.view = "view", .after = {}});
}

}  // namespace
}  // namespace freshet
