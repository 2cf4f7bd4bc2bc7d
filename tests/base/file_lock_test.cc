// SPDX-License-Identifier: Apache-2.0
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "base/check.h"
#include "base/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/temp_dir.h"

namespace freshet {
namespace {

using testing::HasSubstr;

// A child process that holds the lock on `path` from the constructor's end
// until it is killed.
class LockHolder {
 public:
  explicit LockHolder(const std::string& path) {
    int ready[2];
    CHECK(::pipe(ready) == 0);
    pid_ = ::fork();
    CHECK(pid_ >= 0);
    if (pid_ == 0) Hold(path, ready[1]);
    char byte = 0;
    CHECK(::read(ready[0], &byte, 1) == 1);
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ~LockHolder() { Kill(); }
  LockHolder(const LockHolder&) = delete;
  LockHolder& operator=(const LockHolder&) = delete;

  pid_t pid() const { return pid_; }
  void Kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  [[noreturn]] static void Hold(const std::string& path, int ready) {
    const auto lock = FileLock::Acquire(path);
    if (lock.ok() && ::write(ready, "x", 1) == 1) {
      for (;;) ::pause();
    }
    _exit(1);
  }

  pid_t pid_ = 0;
};

TEST(FileLockTest, HoldsItsOwnersPid) {
  const TempDir dir;
  const auto lock = FileLock::Acquire(dir.File("LOCK"));

  ASSERT_TRUE(lock.ok()) << lock.status();
  EXPECT_EQ(*ReadFile(dir.File("LOCK")), std::to_string(::getpid()) + "\n");
}

TEST(FileLockTest, SecondOwnerIsRefusedAndToldWhoHoldsIt) {
  const TempDir dir;
  const LockHolder holder(dir.File("LOCK"));

  const auto lock = FileLock::Acquire(dir.File("LOCK"));

  EXPECT_EQ(lock.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(lock.status().message()),
              HasSubstr("process " + std::to_string(holder.pid())));
}

TEST(FileLockTest, RefusalLeavesTheHoldersPidInTheFile) {
  const TempDir dir;
  const LockHolder holder(dir.File("LOCK"));

  EXPECT_FALSE(FileLock::Acquire(dir.File("LOCK")).ok());

  EXPECT_EQ(*ReadFile(dir.File("LOCK")), std::to_string(holder.pid()) + "\n");
}

TEST(FileLockTest, DeathOfTheHolderFreesIt) {
  const TempDir dir;
  LockHolder holder(dir.File("LOCK"));
  holder.Kill();

  const auto lock = FileLock::Acquire(dir.File("LOCK"));

  ASSERT_TRUE(lock.ok()) << lock.status();
  EXPECT_EQ(*ReadFile(dir.File("LOCK")), std::to_string(::getpid()) + "\n");
}

TEST(FileLockTest, DestructionFreesIt) {
  const TempDir dir;
  { ASSERT_TRUE(FileLock::Acquire(dir.File("LOCK")).ok()); }
  EXPECT_TRUE(FileLock::Acquire(dir.File("LOCK")).ok());
}

TEST(FileLockTest, WaitingGivesUpAfterItsTime) {
  const TempDir dir;
  const LockHolder holder(dir.File("LOCK"));

  const auto lock = FileLock::AcquireWithin(dir.File("LOCK"), 30);

  EXPECT_EQ(lock.status().code(), absl::StatusCode::kAlreadyExists);
}

}  // namespace
}  // namespace freshet
