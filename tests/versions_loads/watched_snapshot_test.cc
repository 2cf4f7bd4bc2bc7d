// SPDX-License-Identifier: Apache-2.0
#include "versions/watch/watched_snapshot.h"

#include <gmock/gmock.h>

#include <chrono>

#include "base/file.h"
#include "tests/versions_loads/loads_fixture.h"

namespace freshet {
namespace {

using testing::HasSubstr;

constexpr char kFailsForTheMoment[] =
    "fail 14 the store does not answer\nexit 1";
constexpr char kFailsForGood[] = "fail 3 a wrong column\nexit 1";

class WatchedSnapshotTest : public LoadsFixture {
 protected:
  // A complete snapshot that loads as `script` says.
  Sighting See(const std::string& script, uint64_t sum) {
    Sighting sighting;
    sighting.view = "user";
    sighting.path = Request("user", script).path;
    sighting.sum = sum;
    return sighting;
  }

  void Rewrite(const Sighting& sighting, const std::string& script) {
    ASSERT_TRUE(WriteFileSynced(sighting.path, script).ok());
  }

  std::string Take(WatchedSnapshot& watched, const Sighting& sighting) {
    return watched.Take(sighting, *store_->catalog().state(), loads(), now_);
  }

  // Has one load begin and waits for its end.
  void Begin(WatchedSnapshot& watched, const Sighting& sighting) {
    const size_t before = loads().List().size();
    EXPECT_THAT(Take(watched, sighting), HasSubstr("begins"));
    ASSERT_EQ(loads().List().size(), before + 1);
    WaitForEnd(loads().List().back().id);
  }

  WatchedSnapshot::Time now_ = std::chrono::steady_clock::now();
};

TEST_F(WatchedSnapshotTest, WhatFailedForTheMomentIsTriedAgainAfterPauses) {
  const Sighting sighting = See(kFailsForTheMoment, 7);
  WatchedSnapshot watched("user", "hash");
  for (const char* pause : {"in 5 s", "in 10 s", "in 20 s"}) {
    Begin(watched, sighting);
    EXPECT_THAT(Take(watched, sighting), HasSubstr(pause));
    EXPECT_EQ(Take(watched, sighting), "");
    now_ += std::chrono::seconds(20);
  }
  Rewrite(sighting, Building(5, 2));

  EXPECT_FALSE(watched.trouble().ok());
  Begin(watched, sighting);

  EXPECT_EQ(WhatServes("user"), (Served{2, 5}));
  EXPECT_EQ(Take(watched, sighting), "");
  EXPECT_TRUE(watched.trouble().ok()) << watched.trouble();
}

TEST_F(WatchedSnapshotTest, FailuresOfBeforeARestartDoNotDelayTheNextTry) {
  const Sighting sighting = See(kFailsForTheMoment, 7);
  WatchedSnapshot before("user", "hash");
  for (int i = 0; i < 3; ++i) {
    Begin(before, sighting);
    EXPECT_THAT(Take(before, sighting), HasSubstr("is tried again"));
    now_ += std::chrono::minutes(1);
  }
  Open();
  Rewrite(sighting, Building(5, 2));
  WatchedSnapshot after("user", "hash");

  Begin(after, sighting);

  EXPECT_EQ(WhatServes("user"), (Served{2, 5}));
}

TEST_F(WatchedSnapshotTest, FailuresDoNotDelayASourceThatLooksAsBeforeAgain) {
  const Sighting whole = See(kFailsForTheMoment, 7);
  Sighting half = whole;
  half.sum = 8;
  WatchedSnapshot watched("user", "hash");
  Begin(watched, whole);
  EXPECT_THAT(Take(watched, whole), HasSubstr("in 5 s"));
  Begin(watched, half);
  Rewrite(whole, Building(5, 2));

  EXPECT_THAT(Take(watched, whole), HasSubstr("is tried again"));
  Begin(watched, whole);

  EXPECT_EQ(WhatServes("user"), (Served{2, 5}));
}

TEST_F(WatchedSnapshotTest, WhatWouldFailAgainIsLeftAloneAlsoAfterARestart) {
  const Sighting sighting = See(kFailsForGood, 7);
  WatchedSnapshot before("user", "hash");
  Begin(before, sighting);
  EXPECT_THAT(Take(before, sighting), HasSubstr("is left alone"));
  Open();
  Rewrite(sighting, Building(5, 2));
  WatchedSnapshot after("user", "hash");

  EXPECT_THAT(Take(after, sighting), HasSubstr("is left alone"));
  now_ += std::chrono::hours(1);
  EXPECT_EQ(Take(after, sighting), "");
  EXPECT_THAT(after.trouble().ToString(), HasSubstr("a wrong column"));

  EXPECT_EQ(loads().List().size(), 1);
}

TEST_F(WatchedSnapshotTest, TwoPlacesWithTheSameFilesAreTwoSnapshots) {
  WatchedSnapshot watched("user", "hash");
  Begin(watched, See(Building(5, 2), 7));
  const Sighting other = See(Building(6, 3), 7);
  EXPECT_EQ(WhatServes("user"), (Served{2, 5}));

  Begin(watched, other);

  EXPECT_EQ(WhatServes("user"), (Served{3, 6}));
}

}  // namespace
}  // namespace freshet
