// SPDX-License-Identifier: Apache-2.0
// Whatever goes wrong with a load, the version before goes on serving, nothing
// is left on disk, and the reason is kept.
#include <csignal>
#include <filesystem>

#include "base/failpoint.h"
#include "gmock/gmock.h"
#include "tests/versions_loads/loads_fixture.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class LoadFailuresTest : public LoadsFixture {
 protected:
  // Loads `script` over a version of ones and expects it to fail so.
  void ExpectFails(const std::string& script, absl::StatusCode code,
                   const std::string& why) {
    SCOPED_TRACE(script);
    if (CurrentVersion("user") == 0) LoadRows("user", 3, 1);
    const std::vector<std::string> before = OnDisk("user");

    const LoadJob job = Load(Request("user", script));

    EXPECT_EQ(job.phase, JobPhase::kFailed);
    EXPECT_EQ(job.error.code(), code) << job.error;
    EXPECT_THAT(job.message, HasSubstr(why));
    EXPECT_THAT(job.message, HasSubstr("view 'user'"));
    EXPECT_EQ(job.version, 0);
    EXPECT_EQ(WhatServes("user"), (Served{1, 3}));
    EXPECT_EQ(OnDisk("user"), before);
    const auto& ended = store_->catalog().state()->ended_loads;
    ASSERT_FALSE(ended.empty());
    EXPECT_EQ(ended.back().id, job.id);
    EXPECT_EQ(ended.back().outcome, "failed");
    EXPECT_EQ(ended.back().message, job.message);
  }

  // All but the last record of a load that would be good.
  static std::string Built(const std::string& first) {
    return first + "\nsay reading\nbuild 5 2\nsay built";
  }
};

TEST_F(LoadFailuresTest, LoaderCrashes) {
  ExpectFails("say reading\nraise " + std::to_string(SIGSEGV),
              absl::StatusCode::kInternal, "SIGSEGV");
}

TEST_F(LoadFailuresTest, LoaderCrashesAfterTheManifestIsInPlace) {
  ExpectFails("build 5 2\nraise " + std::to_string(SIGSEGV),
              absl::StatusCode::kInternal, "SIGSEGV");
}

TEST_F(LoadFailuresTest, LoaderIsKilled) {
  ExpectFails("say writing\nraise " + std::to_string(SIGKILL),
              absl::StatusCode::kAborted, "killed from outside");
}

TEST_F(LoadFailuresTest, LoaderHangs) {
  options_.load.idle_timeout_s = 1;
  Open();
  ExpectFails("say reading\nhang", absl::StatusCode::kDeadlineExceeded,
              "no progress for 1 s");
}

TEST_F(LoadFailuresTest, LoaderRunsOutOfMemory) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "no RLIMIT_AS under a sanitizer";
#endif
  options_.load.memory_max_bytes = 256 << 20;
  Open();
  ExpectFails("eat-memory", absl::StatusCode::kResourceExhausted,
              "settings.load.memory_max");
}

TEST_F(LoadFailuresTest, LoaderRunsOutOfDisk) {
  ExpectFails("fail 8 the disk is full: 0 bytes free, 1 wanted\nexit 1",
              absl::StatusCode::kResourceExhausted, "the disk is full");
}

TEST_F(LoadFailuresTest, LoaderRefusesTheSnapshot) {
  ExpectFails("fail 3 'a.csv', row 7, column 'n': not a number\nexit 1",
              absl::StatusCode::kInvalidArgument, "'a.csv', row 7");
}

TEST_F(LoadFailuresTest, LoaderBabbles) {
  ExpectFails("raw <html>\nhang", absl::StatusCode::kInternal, "<html>");
}

TEST_F(LoadFailuresTest, LoaderFloods) {
  ExpectFails("raw-bytes 10000000", absl::StatusCode::kInternal,
              "more than 65536 bytes");
}

TEST_F(LoadFailuresTest, LoaderEndsWellWithoutHavingBuilt) {
  ExpectFails("say verifying\nexit 0", absl::StatusCode::kInternal,
              "did not say that it built");
}

TEST_F(LoadFailuresTest, LoaderSaysBuiltButThereIsNoManifest) {
  ExpectFails("say built", absl::StatusCode::kNotFound, "MANIFEST.freshet");
}

TEST_F(LoadFailuresTest, ManifestIsNotOfWhatWasAskedFor) {
  ExpectFails(Built("lie view"), absl::StatusCode::kInternal, "'another'");
  ExpectFails(Built("lie version"), absl::StatusCode::kInternal, "number");
  ExpectFails(Built("lie generation"), absl::StatusCode::kInternal,
              "generation");
  ExpectFails(Built("lie schema"), absl::StatusCode::kInternal, "schema");
}

TEST_F(LoadFailuresTest, LoaderIsMissing) {
  options_.load.loader = dir_.File("no-loader");
  LoadRows("user", 3, 1);
  Open();
  ExpectFails("hang", absl::StatusCode::kNotFound, "no-loader");
}

#ifdef FRESHET_FAILPOINTS
TEST_F(LoadFailuresTest, ErrorOnEnteringAnyPhaseBeforeTheCommit) {
  LoadRows("user", 3, 1);
  for (const std::string phase : {"starting", "reading", "writing", "ingesting",
                                  "verifying", "committing"}) {
    ASSERT_TRUE(ArmFailpoints("load." + phase + "=1*error").ok());
    ExpectFails(Building(5, 2), absl::StatusCode::kInternal, "load." + phase);
  }
}

TEST_F(LoadFailuresTest, ErrorAroundTheRenameOrInTheCatalog) {
  LoadRows("user", 3, 1);
  for (const std::string point :
       {"version.before_rename", "version.after_rename"}) {
    ASSERT_TRUE(ArmFailpoints(point + "=1*error").ok());
    ExpectFails(Building(5, 2), absl::StatusCode::kInternal, point);
  }
}

TEST_F(LoadFailuresTest, ErrorAfterTheCommitSaysThatTheVersionExists) {
  LoadRows("user", 3, 1);
  ASSERT_TRUE(ArmFailpoints("load.activating=1*error").ok());

  const LoadJob job = Load(Request("user", Building(5, 2)));

  EXPECT_EQ(job.phase, JobPhase::kFailed);
  EXPECT_THAT(job.message, HasSubstr("version 2 is committed"));
  EXPECT_THAT(OnDisk("user"), ElementsAre("v1", "v2"));
  Open();
  EXPECT_EQ(WhatServes("user"), (Served{2, 5}));
}
#endif

TEST_F(LoadFailuresTest, KeyGivesTheEndedJobAlsoInTheNextLifeOfTheDaemon) {
  LoadRequest good = Request("user", Building(3, 1));
  good.idempotency_key = "monday";
  const LoadJob loaded = Load(good);
  LoadRequest bad = Request("user", "fail 3 no good\nexit 1");
  bad.idempotency_key = "tuesday";
  const LoadJob failed = Load(bad);
  EXPECT_EQ(loads().Start(good)->id, loaded.id);

  Open();

  const auto again = loads().Start(good);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->id, loaded.id);
  EXPECT_EQ(again->outcome, JobOutcome::kActive);
  EXPECT_EQ(again->version, 1);
  const auto failed_again = loads().Start(bad);
  ASSERT_TRUE(failed_again.ok()) << failed_again.status();
  EXPECT_EQ(failed_again->id, failed.id);
  EXPECT_EQ(failed_again->error, failed.error);
  EXPECT_EQ(WhatServes("user"), (Served{1, 3}));
}

TEST_F(LoadFailuresTest, KeyOfALoadDoesNotStandForAnotherPath) {
  LoadRequest monday = Request("user", Building(3, 1));
  monday.idempotency_key = "monday";
  Load(monday);
  LoadRequest other = Request("user", Building(3, 2));
  other.idempotency_key = "monday";

  const auto refused = loads().Start(other);

  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(refused.status().message()),
              HasSubstr("idempotency key 'monday' was used to load"));
  EXPECT_EQ(WhatServes("user"), (Served{1, 3}));
  // Its own is not looked for again.
  std::filesystem::remove(monday.path);
  EXPECT_TRUE(loads().Start(monday).ok());
}

TEST_F(LoadFailuresTest, KeyOfALoadThatTheDaemonsEndCutShortIsFree) {
  LoadRequest request = Request("user", "say reading\nhang");
  request.idempotency_key = "monday";
  const auto cut = loads().Start(request);
  ASSERT_TRUE(cut.ok());
  WaitForPhase(cut->id, JobPhase::kReading);

  Open();

  EXPECT_THAT(OnDisk("user"), IsEmpty());
  EXPECT_THAT(store_->catalog().state()->ended_loads, IsEmpty());
  request.path = Request("user", Building(1, 7)).path;
  const LoadJob job = Load(request);
  EXPECT_NE(job.id, cut->id);
  EXPECT_EQ(WhatServes("user").value, 7);
}

TEST_F(LoadFailuresTest, EndIsRecordedInTheCommitOfItsVersion) {
  int64_t before = 0;
  std::shared_ptr<const CatalogState> after;
  on_change_ = [&](const LoadJob& job) {
    if (job.phase == JobPhase::kCommitting && before == 0) {
      before = store_->catalog().state()->sequence;
    }
    if (job.phase == JobPhase::kActivating && after == nullptr) {
      after = store_->catalog().state();
    }
  };

  const LoadJob job = LoadRows("user", 3, 1);

  ASSERT_NE(after, nullptr);
  EXPECT_EQ(after->sequence, before + 1);
  EXPECT_EQ(after->views.at("user").current, 1);
  ASSERT_THAT(after->ended_loads, Not(IsEmpty()));
  EXPECT_EQ(after->ended_loads.back().id, job.id);
  EXPECT_EQ(after->ended_loads.back().outcome, "active");
}

}  // namespace
}  // namespace freshet
