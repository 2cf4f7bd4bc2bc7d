// SPDX-License-Identifier: Apache-2.0
#include "base/child_process.h"

#include <poll.h>
#include <sys/socket.h>

#include <csignal>
#include <optional>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace freshet {
namespace {

// `cat` ends only when its input is closed, or by a signal.
ChildOptions Cat() {
  ChildOptions options;
  options.executable = "/bin/cat";
  return options;
}

bool Ends(const ChildProcess& child) {
  pollfd fd{child.pidfd(), POLLIN, 0};
  return ::poll(&fd, 1, 30'000) == 1;
}

TEST(ChildProcessTest, DiesWithTheThreadThatSpawnedIt) {
  std::optional<ChildProcess> child;
  std::thread spawner([&] {
    auto spawned = ChildProcess::Spawn(Cat());
    ASSERT_TRUE(spawned.ok()) << spawned.status();
    child.emplace(*std::move(spawned));
  });
  spawner.join();
  ASSERT_TRUE(child.has_value());

  EXPECT_TRUE(Ends(*child));
  EXPECT_EQ(child->Wait().signal, SIGKILL);
}

TEST(ChildProcessTest, LivesWhileItsSpawnerLivesAndTalks) {
  auto child = ChildProcess::Spawn(Cat());
  ASSERT_TRUE(child.ok()) << child.status();

  ASSERT_EQ(::send(child->input(), "hi", 2, MSG_NOSIGNAL), 2);

  pollfd fd{child->output(), POLLIN, 0};
  ASSERT_EQ(::poll(&fd, 1, 30'000), 1);
  char bytes[8];
  EXPECT_EQ(::read(child->output(), bytes, sizeof(bytes)), 2);
}

TEST(ChildProcessTest, DestructionKillsIt) {
  pid_t pid = 0;
  {
    auto child = ChildProcess::Spawn(Cat());
    ASSERT_TRUE(child.ok()) << child.status();
    pid = child->pid();
  }
  EXPECT_EQ(::kill(pid, 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

TEST(ChildProcessTest, WritingToADeadChildIsAnErrorAndNoSignal) {
  auto child = ChildProcess::Spawn(Cat());
  ASSERT_TRUE(child.ok()) << child.status();
  child->Signal(SIGKILL);
  ASSERT_TRUE(Ends(*child));

  EXPECT_EQ(::send(child->input(), "hi", 2, MSG_NOSIGNAL), -1);
  EXPECT_EQ(errno, EPIPE);
}

TEST(ChildProcessTest, ExitCodeAndSignalAreToldApart) {
  ChildOptions options;
  options.executable = "/bin/false";
  auto child = ChildProcess::Spawn(options);
  ASSERT_TRUE(child.ok()) << child.status();
  ASSERT_TRUE(Ends(*child));

  const ChildEnd end = child->Wait();

  EXPECT_EQ(end.exit_code, 1);
  EXPECT_EQ(end.signal, 0);
}

}  // namespace
}  // namespace freshet
