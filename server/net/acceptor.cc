// SPDX-License-Identifier: Apache-2.0
#include "server/net/acceptor.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cerrno>

#include "base/check.h"

namespace freshet {
namespace {

// After an error of accept that will come again at once, such as a full table
// of open files: how long other connections may take to close.
constexpr int kBackOffMs = 50;

std::string PeerName(const sockaddr_storage& peer) {
  char text[INET6_ADDRSTRLEN] = "?";
  if (peer.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(peer);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof(text));
  } else {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(peer);
    ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text));
  }
  return text;
}

}  // namespace

Acceptor::Acceptor(Listener listener, Options options)
    : listener_(std::move(listener)),
      options_(std::move(options)),
      connections_max_(options_.connections_max),
      per_peer_max_(options_.per_peer_max),
      stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CHECK(stop_.ok());
}

Acceptor::~Acceptor() { Stop(); }

void Acceptor::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Acceptor::Stop() {
  if (thread_.joinable()) {
    CHECK(::eventfd_write(stop_.get(), 1) == 0);
    thread_.join();
  }
  listener_.Close();
}

void Acceptor::SetLimits(int64_t connections_max, int64_t per_peer_max) {
  connections_max_.store(connections_max);
  per_peer_max_.store(per_peer_max);
}

void Acceptor::Run() {
  pollfd wait[] = {{stop_.get(), POLLIN, 0}, {listener_.fd(), POLLIN, 0}};
  while (true) {
    if (::poll(wait, 2, -1) < 0) continue;
    if (wait[0].revents != 0) return;
    while (AcceptOne()) {
    }
    // Nothing waits, or accepting fails: then the listener stays readable.
    if (errno != EAGAIN && ::poll(wait, 1, kBackOffMs) > 0) return;
  }
}

bool Acceptor::AcceptOne() {
  sockaddr_storage peer{};
  socklen_t size = sizeof(peer);
  UniqueFd fd(::accept4(listener_.fd(), reinterpret_cast<sockaddr*>(&peer),
                        &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd.ok()) return errno == ECONNABORTED || errno == EINTR;
  if (fd.get() >= options_.fd_max) return Reject(RejectReason::kDescriptors);
  const std::string name = PeerName(peer);
  RejectReason reason;
  if (OverLimit(name, &reason)) return Reject(reason);
  const int on = 1;
  // Without it small replies would only wait longer; no reason to refuse.
  static_cast<void>(
      ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)));
  connections_.Add(fd.get(), name);
  options_.hand_over(fd.Release());
  return true;
}

bool Acceptor::Reject(RejectReason reason) {
  rejected_[static_cast<size_t>(reason)].fetch_add(1);
  return true;
}

bool Acceptor::OverLimit(const std::string& peer, RejectReason* reason) {
  const int64_t most = connections_max_.load();
  const int64_t per_peer = per_peer_max_.load();
  if (connections_.at_most() >= most && connections_.CountOpen() >= most) {
    *reason = RejectReason::kConnectionsMax;
    return true;
  }
  if (connections_.at_most_from(peer) >= per_peer &&
      connections_.CountOpenFrom(peer) >= per_peer) {
    *reason = RejectReason::kPerPeerMax;
    return true;
  }
  return false;
}

}  // namespace freshet
