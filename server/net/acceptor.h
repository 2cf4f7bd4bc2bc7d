// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "base/file.h"
#include "server/net/connection_table.h"
#include "server/net/listener.h"

namespace freshet {

enum class RejectReason { kConnectionsMax, kPerPeerMax, kDescriptors };
inline constexpr std::array<std::string_view, 3> kRejectReasons = {
    "connections_max", "per_peer_max", "descriptors"};

// Accepts connections on a listener and hands them on, on a thread of its own.
//
// Ours and not gRPC's: gRPC 1.51 stops accepting for ever once descriptors
// have run out (CVE-2023-4785). The kernel gives the lowest free descriptor,
// so that a number close to the limit says that they are running out: such a
// connection is closed at once, which keeps `fd_max` for files and lets
// accepting go on by itself when others close. Safe to use from any thread.
class Acceptor {
 public:
  struct Options {
    std::string name;  // `data`, `admin`: for logs and metrics.
    int64_t connections_max = 1024;
    int64_t per_peer_max = 256;
    // Connections whose descriptor is this or greater are closed.
    int64_t fd_max = 1024;
    // Takes over the descriptor.
    std::function<void(int fd)> hand_over;
  };

  // Accepts nothing yet: connections wait in the listener.
  Acceptor(Listener listener, Options options);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  // Once.
  void Start();
  // Stops and closes the listener; connections handed on live. As the
  // destructor does if it was not done before.
  void Stop();

  const std::string& name() const { return options_.name; }
  const Listener& listener() const { return listener_; }
  int64_t open_connections() { return connections_.CountOpen(); }
  uint64_t rejected(RejectReason reason) const {
    return rejected_[static_cast<size_t>(reason)].load();
  }

  // Settings that a reload may change.
  void SetLimits(int64_t connections_max, int64_t per_peer_max);

 private:
  void Run();
  // False: nothing more waits.
  bool AcceptOne();
  bool Reject(RejectReason reason);
  bool OverLimit(const std::string& peer, RejectReason* reason);

  Listener listener_;
  const Options options_;
  std::atomic<int64_t> connections_max_;
  std::atomic<int64_t> per_peer_max_;
  ConnectionTable connections_;
  std::array<std::atomic<uint64_t>, kRejectReasons.size()> rejected_{};
  UniqueFd stop_;  // An eventfd.
  std::thread thread_;
};

}  // namespace freshet
