// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/file.h"

struct addrinfo;

namespace freshet {

// A TCP socket that listens. Never with SO_REUSEPORT: gRPC's own listener has
// it on, and two daemons would share a port without a word.
class Listener {
 public:
  // `address` is `host:port`, `[v6]:port`; port 0 takes a free one.
  // ALREADY_EXISTS if the address is taken, naming the process that has it
  // where that can be found out. INVALID_ARGUMENT for no address.
  static absl::StatusOr<Listener> Open(const std::string& address);

  // Connections are refused from then on.
  void Close() { fd_.Reset(); }

  int fd() const { return fd_.get(); }
  int port() const { return port_; }
  // `host:port`, with the port that it really has.
  const std::string& address() const { return address_; }

 private:
  Listener(UniqueFd fd, int port, std::string address)
      : fd_(std::move(fd)), port_(port), address_(std::move(address)) {}

  UniqueFd fd_;
  int port_;
  std::string address_;
};

// `host:port` and `[v6]:port` into their parts; INVALID_ARGUMENT says how an
// address is written.
struct HostPort {
  std::string host;
  int port = 0;
};
absl::StatusOr<HostPort> ParseAddress(const std::string& address);

struct FreeAddresses {
  void operator()(addrinfo* list) const;
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

// The addresses to listen on for `where`, at least one. `family`: AF_INET, or
// AF_UNSPEC for any. INVALID_ARGUMENT is the resolver's reason alone.
absl::StatusOr<Addresses> Resolve(const HostPort& where, int family);

}  // namespace freshet
