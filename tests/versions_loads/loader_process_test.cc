// SPDX-License-Identifier: Apache-2.0
#include "versions/loads/loader_process.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/temp_dir.h"

namespace freshet {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// An address-space limit and a sanitizer's shadow memory do not go together.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

class LoaderProcessTest : public testing::Test {
 protected:
  LoaderProcessTest() {
    options_.executable = FAKE_LOADER;
    spec_.view = "user";
    spec_.version = 7;
    spec_.schema = RowSchema(1, {{"id", *Type::Parse("int64")}}, {});
  }

  // Runs the fake loader over `script` to its end.
  absl::Status Run(const std::string& script) {
    spec_.source.path = dir_.File("script");
    CHECK(WriteFileSynced(spec_.source.path, script).ok());
    LoaderProcess loader(options_);
    return loader.Run(spec_, [this](const LoadProgress& progress) {
      phases_.push_back(std::string(LoadPhaseName(progress.phase)));
      return on_progress_;
    });
  }

  static std::string Text(const absl::Status& status) {
    return std::string(status.message());
  }

  TempDir dir_;
  LoaderProcess::Options options_;
  LoadSpec spec_;
  std::vector<std::string> phases_;
  absl::Status on_progress_;
};

TEST_F(LoaderProcessTest, EveryRecordIsToldInOrderAndBuiltIsSuccess) {
  EXPECT_TRUE(
      Run("say starting\nsay reading 1 2\nsay writing\nsay built").ok());
  EXPECT_THAT(phases_, ElementsAre("starting", "reading", "writing", "built"));
}

TEST_F(LoaderProcessTest, LoaderSeesTheSpecThatWasSent) {
  spec_.has_as_of = true;
  spec_.as_of_micros = 1234567;
  // More than a pipe holds at once.
  spec_.roots.assign(4000, std::string(100, 'r'));
  ASSERT_TRUE(Run("dump " + dir_.File("seen") + "\nsay built").ok());

  const std::string seen = *ReadFile(dir_.File("seen"));
  EXPECT_THAT(seen, HasSubstr("\n" + SerializeLoadSpec(spec_) + "\n"));
}

TEST_F(LoaderProcessTest, LoaderIsPoliteAndHasNothingOpenButItsStreams) {
  const UniqueFd leak(::open("/dev/null", O_RDONLY));  // Not close-on-exec.
  ASSERT_TRUE(leak.ok());
  ASSERT_TRUE(Run("dump " + dir_.File("seen") + "\nsay built").ok());

  const std::string seen = *ReadFile(dir_.File("seen"));
  EXPECT_THAT(seen, HasSubstr("nice 10\n"));
  EXPECT_THAT(seen, HasSubstr("leads_group true\n"));
  // 3 is the script that the fake reads.
  EXPECT_THAT(seen, HasSubstr("open 0,1,2,3\n"));
}

TEST_F(LoaderProcessTest, ItsOwnErrorIsPassedOnAsItIs) {
  const absl::Status status =
      Run("complain noise\nfail 3 file 'a.parquet', row 7: not a number\n"
          "exit 1");
  EXPECT_EQ(status, absl::InvalidArgumentError(
                        "file 'a.parquet', row 7: not a number"));
}

TEST_F(LoaderProcessTest, ExitCodeZeroWithoutBuiltIsAnError) {
  const absl::Status status = Run("say reading\nexit 0");
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(Text(status), HasSubstr("did not say that it built"));
}

TEST_F(LoaderProcessTest, BuiltAndThenAnotherExitCodeIsAnError) {
  const absl::Status status = Run("say built\ncomplain leaked\nexit 23");
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(Text(status),
              AllOf(HasSubstr("exit code 23"), HasSubstr("leaked")));
}

TEST_F(LoaderProcessTest, RecordAfterTheLastOneIsAnError) {
  const absl::Status status = Run("say built\nsay reading\nhang");
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(Text(status), HasSubstr("went on with phase 'reading'"));
}

TEST_F(LoaderProcessTest, CrashNamesTheSignalAndItsLastWords) {
  const absl::Status status =
      Run("complain assertion 'x' failed\nraise " + std::to_string(SIGSEGV));
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(Text(status),
              AllOf(HasSubstr("SIGSEGV"), HasSubstr("assertion 'x' failed")));
}

TEST_F(LoaderProcessTest, KillFromOutsideSaysSo) {
  const absl::Status status = Run("raise " + std::to_string(SIGKILL));
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(Text(status), HasSubstr("killed from outside by SIGKILL"));
}

TEST_F(LoaderProcessTest, GarbageEndsItAtOnceAndIsQuoted) {
  const absl::Status status = Run("raw hello \x1b[31m\xff world\nhang");
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(Text(status), HasSubstr("'hello  [31m? world'"));
}

TEST_F(LoaderProcessTest, LineWithoutEndIsCutOffAtItsBound) {
  const absl::Status status = Run("raw-bytes 100000000\nhang");
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(Text(status), HasSubstr("a line of more than 65536 bytes"));
  EXPECT_LT(status.message().size(), 1000u);
}

TEST_F(LoaderProcessTest, FloodOfComplaintsIsKeptToItsTail) {
  const absl::Status status =
      Run("complain first\ncomplain-bytes 10000000\ncomplain last\nexit 1");
  EXPECT_THAT(Text(status), AllOf(HasSubstr("last"), Not(HasSubstr("first"))));
  EXPECT_LT(status.message().size(), 4000u);
}

TEST_F(LoaderProcessTest, HangingLoaderIsKilledAfterItsIdleTime) {
  options_.idle_timeout = milliseconds(100);
  const absl::Status status = Run("say reading\nignore-term\nhang");
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(Text(status), AllOf(HasSubstr("no progress for 0.1 s"),
                                  HasSubstr("idle_timeout")));
}

// As freshet-load's does, whose heartbeat is a thread of its own.
TEST_F(LoaderProcessTest, ALoaderThatOnlyRepeatsItsRecordIsKilledAsIdle) {
  options_.idle_timeout = milliseconds(100);
  const absl::Status status = Run("say reading 5 9\nrepeat reading 5 9");
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_GT(phases_.size(), 2u);
}

TEST_F(LoaderProcessTest, ClosingItsStreamsDoesNotHideAHang) {
  options_.idle_timeout = milliseconds(100);
  EXPECT_EQ(Run("close-output\nhang").code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST_F(LoaderProcessTest, ChildThatItLeavesBehindIsKilledAndNotWaitedFor) {
  EXPECT_TRUE(Run("leave-child\nsay built").ok());
}

TEST_F(LoaderProcessTest, OutOfMemorySaysWhichSettingsToChange) {
  if (kSanitized) GTEST_SKIP() << "no RLIMIT_AS under a sanitizer";
  spec_.memory_max_bytes = 256 << 20;
  const absl::Status status = Run("eat-memory");
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(Text(status),
              AllOf(HasSubstr("out of memory"), HasSubstr("268435456"),
                    HasSubstr("settings.load.memory_max")));
}

TEST_F(LoaderProcessTest, OutOfCpuTimeSaysWhichSettingToChange) {
  spec_.cpu_max_s = 1;
  const absl::Status status = Run("burn-cpu");
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(Text(status), HasSubstr("settings.load.cpu_max"));
}

TEST_F(LoaderProcessTest, MissingExecutableIsNamed) {
  options_.executable = dir_.File("no-such-loader");
  const absl::Status status = Run("say built");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Text(status), HasSubstr("no-such-loader"));
}

TEST_F(LoaderProcessTest, ErrorOfTheListenerEndsIt) {
  on_progress_ = absl::UnavailableError("not now");
  EXPECT_EQ(Run("say reading\nhang"), on_progress_);
}

TEST_F(LoaderProcessTest, CancelBeforeTheStartEndsItToo) {
  spec_.source.path = dir_.File("script");
  ASSERT_TRUE(WriteFileSynced(spec_.source.path, "hang").ok());
  LoaderProcess loader(options_);
  loader.Cancel();
  const absl::Status status =
      loader.Run(spec_, [](const auto&) { return absl::OkStatus(); });
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
}

TEST_F(LoaderProcessTest, CancelEndsALoaderThatIgnoresSigterm) {
  options_.term_grace = milliseconds(50);
  spec_.source.path = dir_.File("script");
  ASSERT_TRUE(
      WriteFileSynced(spec_.source.path, "ignore-term\nsay reading\nhang")
          .ok());
  LoaderProcess loader(options_);
  const absl::Status status = loader.Run(spec_, [&](const LoadProgress&) {
    loader.Cancel();
    return absl::OkStatus();
  });
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
}

}  // namespace
}  // namespace freshet
