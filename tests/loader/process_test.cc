// SPDX-License-Identifier: Apache-2.0
// freshet-load as a process: what it says, how it ends, what it may not do.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/file.h"
#include "loader/progress_reporter.h"
#include "loader/sandbox.h"
#include "tests/loader/load_kit.h"
#include "tests/loader/loader_run.h"

namespace freshet {
namespace {

using testing::HasSubstr;

std::string Rows(int count) {
  std::string csv = "id,ts\n";
  for (int i = 0; i < count; ++i) {
    csv += std::to_string(i) + ",2013-12-31T00:00:00Z\n";
  }
  return csv;
}

class ProcessTest : public testing::Test {
 protected:
  ProcessTest() {
    EXPECT_TRUE(MakeDir(kit_.spec().building_dir).ok());
    kit_.Write("part.csv", Rows(20'000));
  }

  // A snapshot that the loader is still reading when a test acts: large enough
  // that it never ends first.
  void WriteEndlessSnapshot() {
    const std::string rows = Rows(2'000'000);
    for (int i = 0; i < 4; ++i) {
      kit_.Write("part" + std::to_string(i) + ".csv", rows);
    }
  }
  bool LockIsFree() const {
    const std::string lock = dir() + "/LOCK";
    return PathExists(lock) && FileLock::AcquireWithin(lock, 5000).ok();
  }
  std::string dir() const {
    return const_cast<ProcessTest*>(this)->kit_.spec().building_dir;
  }

  LoadKit kit_{{{"id", "int64"}}, {}};
};

TEST_F(ProcessTest, ReportsEachPhaseOnceBegunAndEndsBuilt) {
  LoaderRun run(kit_.spec());
  const std::vector<LoadProgress> all = run.ReadAll();
  EXPECT_EQ(run.Wait(), 0);
  std::vector<LoadPhase> phases;
  for (const LoadProgress& progress : all) {
    if (phases.empty() || phases.back() != progress.phase) {
      phases.push_back(progress.phase);
    }
  }
  EXPECT_THAT(phases,
              testing::ElementsAre(LoadPhase::kStarting, LoadPhase::kReading,
                                   LoadPhase::kWriting, LoadPhase::kIngesting,
                                   LoadPhase::kVerifying, LoadPhase::kBuilt));
  EXPECT_EQ(all.back().rows, 20'000);
  EXPECT_EQ(all.back().rows_total, 20'000);
  EXPECT_EQ(all.back().bytes, all.back().bytes_total);
  EXPECT_GT(all.back().bytes_written, 0);
  EXPECT_GT(all.back().rss_bytes, 1 << 20);
  EXPECT_EQ(kit_.Rows().size(), 20'000u);
}

TEST_F(ProcessTest, ItsPeakOfMemoryIsNotThatOfTheProcessThatStartedIt) {
  const std::vector<char> ballast(size_t{1} << 30, 1);
  LoaderRun run(kit_.spec());
  const std::vector<LoadProgress> all = run.ReadAll();
  EXPECT_EQ(run.Wait(), 0);
  EXPECT_GT(all.back().rss_bytes, 1 << 20);
  EXPECT_LT(all.back().rss_bytes, static_cast<int64_t>(ballast.size()));
}

TEST_F(ProcessTest, AFailureIsTheLastRecordWithItsReason) {
  kit_.Write("part.csv", "id,ts\nx,2013-12-31T00:00:00Z\n");
  LoaderRun run(kit_.spec());
  const std::vector<LoadProgress> all = run.ReadAll();
  EXPECT_EQ(run.Wait(), 1);
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(all.back().phase, LoadPhase::kFailed);
  EXPECT_EQ(all.back().error.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(all.back().error.message()),
              HasSubstr("file 'part.csv': row 1: column 'id'"));
}

TEST_F(ProcessTest, ALongReasonIsCutToALineThatTheDaemonReads) {
  const std::string path = kit_.dir().File("records");
  {
    const UniqueFd fd(
        ::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    ProgressReporter progress(fd.get());
    // Six bytes of JSON for each.
    progress.Finish(absl::DataLossError(std::string(60'000, '\x01')));
  }
  // A heartbeat may stand before it.
  std::string line = *ReadFile(path);
  line.erase(0, line.rfind('\n', line.size() - 2) + 1);
  EXPECT_LT(line.size(), size_t{64} << 10);
  EXPECT_EQ(ParseLoadProgress(line)->error.code(), absl::StatusCode::kDataLoss);
}

TEST_F(ProcessTest, BytesThatAreNotUtf8DoNotBreakTheReport) {
  kit_.Write("part.csv", "id,ts\n\xff\xfe,2013-12-31T00:00:00Z\n");
  LoaderRun run(kit_.spec());
  const std::vector<LoadProgress> all = run.ReadAll();
  EXPECT_EQ(run.Wait(), 1);
  EXPECT_EQ(all.back().phase, LoadPhase::kFailed);
}

TEST_F(ProcessTest, AnUnreadableSpecificationIsAFailureToo) {
  LoaderRun run("not a spec");
  const std::vector<LoadProgress> all = run.ReadAll();
  EXPECT_EQ(run.Wait(), 1);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].phase, LoadPhase::kFailed);
}

TEST_F(ProcessTest, EndsWhenItsInputEnds) {
  WriteEndlessSnapshot();
  LoaderRun run(kit_.spec());
  ASSERT_TRUE(run.ReadUntil(LoadPhase::kReading));
  run.CloseInput();
  EXPECT_EQ(run.Wait(), 1);
  EXPECT_FALSE(PathExists(dir() + "/MANIFEST.freshet"));
  EXPECT_TRUE(LockIsFree());
}

TEST_F(ProcessTest, AFileReplacedWhileItIsReadFailsTheLoadByName) {
  WriteEndlessSnapshot();
  LoaderRun run(kit_.spec());
  ASSERT_TRUE(run.ReadUntil(LoadPhase::kReading));
  std::ofstream(kit_.dir().File("new")) << Rows(10);
  ASSERT_EQ(
      ::rename(kit_.dir().File("new").c_str(), kit_.File("part1.csv").c_str()),
      0);
  const std::vector<LoadProgress> all = run.ReadAll();
  EXPECT_EQ(run.Wait(), 1);
  EXPECT_EQ(all.back().error.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(std::string(all.back().error.message()),
              HasSubstr("file 'part1.csv' was replaced while the snapshot"));
}

TEST_F(ProcessTest, AKilledLoaderLeavesItsLockFree) {
  WriteEndlessSnapshot();
  LoaderRun run(kit_.spec());
  ASSERT_TRUE(run.ReadUntil(LoadPhase::kReading));
  EXPECT_FALSE(FileLock::Acquire(dir() + "/LOCK").ok());
  ::kill(run.pid(), SIGKILL);
  EXPECT_EQ(run.Wait(), -SIGKILL);
  EXPECT_TRUE(LockIsFree());
}

TEST_F(ProcessTest, ABuildingDirectoryInUseIsRefused) {
  const auto lock = FileLock::Acquire(dir() + "/LOCK");
  ASSERT_TRUE(lock.ok());
  LoaderRun run(kit_.spec());
  const std::vector<LoadProgress> all = run.ReadAll();
  EXPECT_EQ(run.Wait(), 1);
  EXPECT_EQ(all.back().error.code(), absl::StatusCode::kAlreadyExists);
}

TEST_F(ProcessTest, DiesWithTheThreadThatStartedIt) {
  WriteEndlessSnapshot();
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const pid_t daemon = ::fork();
  ASSERT_GE(daemon, 0);
  if (daemon == 0) {
    LoaderRun run(kit_.spec());
    run.ReadUntil(LoadPhase::kReading);
    const pid_t loader = run.pid();
    if (::write(pipe[1], &loader, sizeof(loader)) < 0) ::_exit(2);
    ::pause();
  }
  pid_t loader = 0;
  ASSERT_EQ(::read(pipe[0], &loader, sizeof(loader)),
            static_cast<ssize_t>(sizeof(loader)));
  ::kill(daemon, SIGKILL);
  ::waitpid(daemon, nullptr, 0);
  // Its lock is the proof: nobody reaps it here.
  EXPECT_TRUE(LockIsFree());
}

TEST_F(ProcessTest, MeetingTheMemoryLimitIsAFailureNotACrash) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's process has no limit on its address space";
#endif
  kit_.spec().memory_max_bytes = 160 << 20;
  kit_.spec().sort_buffer_bytes = 1 << 30;
  LoaderRun run(kit_.spec());
  const std::vector<LoadProgress> all = run.ReadAll();
  EXPECT_EQ(run.Wait(), 1);
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(all.back().error.code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(ProcessTest, DoesNotIgnoreSigpipeThoughItsParentDoes) {
  WriteEndlessSnapshot();
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  LoaderRun run(kit_.spec());
  ::signal(SIGPIPE, before);
  ASSERT_TRUE(run.ReadUntil(LoadPhase::kReading));
  std::stringstream status;
  status << std::ifstream("/proc/" + std::to_string(run.pid()) + "/status")
                .rdbuf();
  EXPECT_THAT(status.str(), HasSubstr("SigIgn:\t0000000000000000"));
}

TEST_F(ProcessTest, IsIdleAndCannotGainPrivileges) {
  WriteEndlessSnapshot();
  LoaderRun run(kit_.spec());
  ASSERT_TRUE(run.ReadUntil(LoadPhase::kReading));
  const std::string proc = "/proc/" + std::to_string(run.pid());
  std::stringstream status;
  status << std::ifstream(proc + "/status").rdbuf();
  EXPECT_THAT(status.str(), HasSubstr("NoNewPrivs:\t1"));
  EXPECT_THAT(status.str(), HasSubstr("Seccomp:\t2"));
  std::stringstream stat;
  stat << std::ifstream(proc + "/stat").rdbuf();
  std::string field;
  for (int i = 1; i <= 19; ++i) stat >> field;
  EXPECT_EQ(field, "10");  // nice
  for (int i = 20; i <= 41; ++i) stat >> field;
  EXPECT_EQ(field, std::to_string(SCHED_IDLE));  // policy
}

// In a child, since there is no way back.
int InSandbox(const std::function<bool()>& allowed) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (!EnterSandbox({}).ok()) ::_exit(2);
    ::_exit(allowed() ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(SandboxTest, NetworkProgramsAndOtherProcessesAreOutOfReach) {
  EXPECT_EQ(InSandbox([] { return ::socket(AF_INET, SOCK_STREAM, 0) >= 0; }),
            0);
  EXPECT_EQ(InSandbox([] { return ::socket(AF_UNIX, SOCK_STREAM, 0) >= 0; }),
            0);
  EXPECT_EQ(
      InSandbox([] { return ::execl("/bin/true", "true", nullptr) == 0; }), 0);
  EXPECT_EQ(InSandbox([] { return ::ptrace(PTRACE_TRACEME) == 0; }), 0);
  EXPECT_EQ(InSandbox([] { return ::access("/", R_OK) == 0; }), 1);
}

TEST(SandboxTest, TheDaemonCanBeNeitherSignalledNorLimited) {
  static const pid_t daemon = ::getpid();
  EXPECT_EQ(InSandbox([] { return ::kill(daemon, 0) == 0; }), 0);
  EXPECT_EQ(InSandbox([] { return ::kill(0, SIGCONT) == 0; }), 0);
  EXPECT_EQ(
      InSandbox([] { return ::syscall(SYS_tgkill, daemon, daemon, 0) == 0; }),
      0);
  EXPECT_EQ(InSandbox([] { return ::syscall(SYS_tkill, daemon, 0) == 0; }), 0);
  EXPECT_EQ(InSandbox([] { return ::syscall(SYS_pidfd_open, daemon, 0) >= 0; }),
            0);
  EXPECT_EQ(InSandbox([] {
              rlimit limit;
              return ::prlimit(daemon, RLIMIT_NOFILE, nullptr, &limit) == 0;
            }),
            0);
}

TEST(SandboxTest, ItCannotOutliveTheDaemonOrLeaveItsGroup) {
  EXPECT_EQ(InSandbox([] { return ::fork() >= 0; }), 0);
  EXPECT_EQ(InSandbox([] { return ::setsid() >= 0; }), 0);
  EXPECT_EQ(InSandbox([] { return ::setpgid(0, 0) == 0; }), 0);
  EXPECT_EQ(InSandbox([] { return ::prctl(PR_SET_PDEATHSIG, 0) == 0; }), 0);
  EXPECT_EQ(InSandbox([] {
              rlimit limit;
              return ::getrlimit(RLIMIT_CORE, &limit) == 0 &&
                     ::setrlimit(RLIMIT_CORE, &limit) == 0;
            }),
            0);
}

TEST(SandboxTest, ItsOwnThreadsGoOnWorking) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer starts no thread after a fork; the loads of "
                  "e2e start theirs in the sandbox";
#endif
  EXPECT_EQ(InSandbox([] {
              bool ran = false;
              std::thread([&ran] { ran = true; }).join();
              return ran;
            }),
            1);
}

TEST(SandboxTest, LimitsCanBeReadAndAbortWorks) {
  EXPECT_EQ(InSandbox([] {
              rlimit limit;
              return ::getrlimit(RLIMIT_NOFILE, &limit) == 0;
            }),
            1);
  const pid_t child = ::fork();
  if (child == 0) {
    if (EnterSandbox({}).ok()) std::abort();
    ::_exit(2);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT) << status;
}

}  // namespace
}  // namespace freshet
