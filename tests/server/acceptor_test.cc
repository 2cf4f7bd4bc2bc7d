// SPDX-License-Identifier: Apache-2.0
#include "server/net/acceptor.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <deque>

#include "base/mutex.h"

namespace freshet {
namespace {

using ::testing::HasSubstr;

// A client's socket; none where the connection is refused.
UniqueFd TryConnect(int port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(static_cast<uint16_t>(port));
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&server),
                sizeof(server)) != 0) {
    fd.Reset();
  }
  return fd;
}

UniqueFd Connect(int port) {
  UniqueFd fd = TryConnect(port);
  EXPECT_TRUE(fd.ok());
  return fd;
}

// Blocks until the other side has closed the connection.
bool IsClosedByPeer(const UniqueFd& fd) {
  char byte = 0;
  return ::read(fd.get(), &byte, 1) <= 0;
}

// Keeps what was handed over, as gRPC would.
class Taken {
 public:
  void Take(int fd) {
    MutexLock lock(mu_);
    fds_.emplace_back(fd);
    changed_.SignalAll();
  }
  void WaitFor(size_t count) {
    MutexLock lock(mu_);
    while (fds_.size() < count) changed_.Wait(mu_);
  }
  void CloseFirst() {
    MutexLock lock(mu_);
    fds_.pop_front();
  }
  void CloseAll() {
    MutexLock lock(mu_);
    fds_.clear();
  }

 private:
  Mutex mu_;
  CondVar changed_;
  std::deque<UniqueFd> fds_ ABSL_GUARDED_BY(mu_);
};

Acceptor::Options OptionsFor(Taken& taken) {
  Acceptor::Options options;
  options.name = "test";
  options.hand_over = [&taken](int fd) { taken.Take(fd); };
  return options;
}

Listener Open() {
  auto listener = Listener::Open("127.0.0.1:0");
  EXPECT_TRUE(listener.ok()) << listener.status();
  return *std::move(listener);
}

TEST(AcceptorTest, ClosesWhatIsOverTheCapUntilOneOfTheOthersIsGone) {
  Taken taken;
  Acceptor::Options options = OptionsFor(taken);
  options.connections_max = 2;
  Acceptor acceptor(Open(), options);
  acceptor.Start();
  const int port = acceptor.listener().port();
  const UniqueFd first = Connect(port);
  const UniqueFd second = Connect(port);
  taken.WaitFor(2);

  EXPECT_TRUE(IsClosedByPeer(Connect(port)));
  EXPECT_EQ(acceptor.rejected(RejectReason::kConnectionsMax), 1U);
  taken.CloseFirst();
  const UniqueFd third = Connect(port);
  taken.WaitFor(2);
  EXPECT_EQ(acceptor.open_connections(), 2);
}

TEST(AcceptorTest, ClientsWaitForItsStartAndAreRefusedOnceItStopped) {
  Taken taken;
  Acceptor acceptor(Open(), OptionsFor(taken));
  const int port = acceptor.listener().port();
  const UniqueFd early = Connect(port);
  EXPECT_EQ(acceptor.open_connections(), 0);
  acceptor.Start();
  taken.WaitFor(1);

  acceptor.Stop();
  acceptor.SetLimits(1, 1);

  EXPECT_EQ(acceptor.open_connections(), 1);
  EXPECT_FALSE(TryConnect(port).ok());
}

TEST(AcceptorTest, CapsWhatOnePeerMayHave) {
  Taken taken;
  Acceptor::Options options = OptionsFor(taken);
  options.per_peer_max = 1;
  Acceptor acceptor(Open(), options);
  acceptor.Start();
  const UniqueFd first = Connect(acceptor.listener().port());
  taken.WaitFor(1);

  EXPECT_TRUE(IsClosedByPeer(Connect(acceptor.listener().port())));
  EXPECT_EQ(acceptor.rejected(RejectReason::kPerPeerMax), 1U);
}

TEST(AcceptorTest, DescriptorsThatRunOutCloseConnectionsAndItRecovers) {
  Taken taken;
  Acceptor::Options options = OptionsFor(taken);
  // The clients' ends are in this process, too: every connection takes two.
  options.fd_max = 64;
  Acceptor acceptor(Open(), options);
  acceptor.Start();
  const int port = acceptor.listener().port();
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 64; ++i) clients.push_back(Connect(port));
  EXPECT_TRUE(IsClosedByPeer(clients.back()));
  EXPECT_GT(acceptor.rejected(RejectReason::kDescriptors), 0U);

  clients.clear();
  taken.CloseAll();
  const UniqueFd again = Connect(port);
  taken.WaitFor(1);

  EXPECT_EQ(acceptor.open_connections(), 1);
}

TEST(AcceptorTest, AFullTableOfFilesDoesNotStopItForEver) {
  Taken taken;
  Acceptor acceptor(Open(), OptionsFor(taken));
  acceptor.Start();
  const int port = acceptor.listener().port();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(client.get()) + 1;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(static_cast<uint16_t>(port));
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::connect(client.get(), reinterpret_cast<sockaddr*>(&server),
                      sizeof(server)),
            0);  // Waits in the backlog: accept fails with EMFILE.

  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  taken.WaitFor(1);

  EXPECT_EQ(acceptor.open_connections(), 1);
}

TEST(ListenerTest, ATakenAddressNamesTheProcess) {
  const Listener first = Open();

  const auto second = Listener::Open(first.address());

  EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr("taken by process " + std::to_string(::getpid())));
}

TEST(ListenerTest, WhatIsNoAddressSaysHowOneIsWritten) {
  for (const char* address : {"", "7600", "host:", "host:99999", "host:1x"}) {
    EXPECT_EQ(Listener::Open(address).status().code(),
              absl::StatusCode::kInvalidArgument)
        << address;
  }
}

}  // namespace
}  // namespace freshet
