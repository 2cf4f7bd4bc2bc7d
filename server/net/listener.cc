// SPDX-License-Identifier: Apache-2.0
#include "server/net/listener.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>

#include "base/error.h"
#include "base/status.h"
#include "server/net/port_holder.h"

namespace freshet {
namespace {

constexpr int kBacklog = 1024;

int PortOf(int fd) {
  sockaddr_storage bound{};
  socklen_t size = sizeof(bound);
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) {
    return 0;
  }
  return bound.ss_family == AF_INET6
             ? ntohs(reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port)
             : ntohs(reinterpret_cast<sockaddr_in*>(&bound)->sin_port);
}

absl::Status Taken(const std::string& address, int port) {
  const std::string holder = DescribePortHolder(port);
  return AlreadyExists(
      "address '{}' is taken{}; stop that process or choose "
      "another port",
      address, holder.empty() ? "" : " by " + holder);
}

}  // namespace

absl::StatusOr<HostPort> ParseAddress(const std::string& address) {
  const size_t colon = address.rfind(':');
  HostPort parts;
  if (colon != std::string::npos) {
    parts.host = address.substr(0, colon);
    if (parts.host.size() > 2 && parts.host.front() == '[' &&
        parts.host.back() == ']') {
      parts.host = parts.host.substr(1, parts.host.size() - 2);
    }
    const char* end = address.data() + address.size();
    const auto [at, error] =
        std::from_chars(address.data() + colon + 1, end, parts.port);
    if (error == std::errc() && at == end && parts.port >= 0 &&
        parts.port <= 65535) {
      return parts;
    }
  }
  return InvalidArgument(
      "address '{}' is not host:port, such as 127.0.0.1:7600 or [::1]:7600; "
      "port 0 takes a free one",
      address);
}

void FreeAddresses::operator()(addrinfo* list) const { ::freeaddrinfo(list); }

absl::StatusOr<Addresses> Resolve(const HostPort& where, int family) {
  addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int error =
      ::getaddrinfo(where.host.empty() ? nullptr : where.host.c_str(),
                    std::to_string(where.port).c_str(), &hints, &list);
  if (error != 0) return InvalidArgument("{}", ::gai_strerror(error));
  return Addresses(list);
}

absl::StatusOr<Listener> Listener::Open(const std::string& address) {
  ASSIGN_OR_RETURN(const HostPort where, ParseAddress(address));
  const absl::StatusOr<Addresses> resolved = Resolve(where, AF_UNSPEC);
  if (!resolved.ok()) {
    return InvalidArgument("address '{}': {}", address,
                           std::string(resolved.status().message()));
  }
  const Addresses& list = *resolved;
  UniqueFd fd(
      ::socket(list->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.ok()) return ErrnoError("cannot make a socket for", address, errno);
  // So that a restart does not wait for closed connections to be forgotten.
  // It does not let two sockets listen on one port.
  const int on = 1;
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0) {
    return ErrnoError("cannot set up the socket for", address, errno);
  }
  if (::bind(fd.get(), list->ai_addr, list->ai_addrlen) != 0 ||
      ::listen(fd.get(), kBacklog) != 0) {
    if (errno == EADDRINUSE) return Taken(address, where.port);
    return ErrnoError("cannot listen on", address, errno);
  }
  const int port = PortOf(fd.get());
  std::string real = address.substr(0, address.rfind(':') + 1);
  return Listener(std::move(fd), port, real + std::to_string(port));
}

}  // namespace freshet
