// SPDX-License-Identifier: Apache-2.0
#include "server/net/connection_table.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <optional>

#include "base/check.h"

namespace freshet {
namespace {

// Nullopt: the descriptor is not open, or is no socket.
std::optional<uint64_t> SocketInode(int fd) {
  // Not fstat: TSan takes that for a use of a descriptor that gRPC may close.
  struct statx status {};
  if (::statx(fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_INO, &status) != 0 ||
      !S_ISSOCK(status.stx_mode)) {
    return std::nullopt;
  }
  return status.stx_ino;
}

}  // namespace

void ConnectionTable::Add(int fd, const std::string& peer) {
  const std::optional<uint64_t> inode = SocketInode(fd);
  CHECK(inode.has_value());
  MutexLock lock(mu_);
  // The same number again: what had it before was closed.
  if (const auto old = open_.find(fd); old != open_.end()) Forget(old);
  open_[fd] = {*inode, peer};
  ++by_peer_[peer];
}

int64_t ConnectionTable::CountOpen() {
  MutexLock lock(mu_);
  Sweep();
  return static_cast<int64_t>(open_.size());
}

int64_t ConnectionTable::CountOpenFrom(const std::string& peer) {
  MutexLock lock(mu_);
  Sweep();
  return From(peer);
}

int64_t ConnectionTable::at_most() const {
  MutexLock lock(mu_);
  return static_cast<int64_t>(open_.size());
}

int64_t ConnectionTable::at_most_from(const std::string& peer) const {
  MutexLock lock(mu_);
  return From(peer);
}

void ConnectionTable::Sweep() {
  for (auto it = open_.begin(); it != open_.end();) {
    const auto current = it++;
    if (SocketInode(current->first) != current->second.inode) Forget(current);
  }
}

void ConnectionTable::Forget(std::map<int, Connection>::iterator connection) {
  const auto peer = by_peer_.find(connection->second.peer);
  if (--peer->second == 0) by_peer_.erase(peer);
  open_.erase(connection);
}

int64_t ConnectionTable::From(const std::string& peer) const {
  const auto found = by_peer_.find(peer);
  return found == by_peer_.end() ? 0 : found->second;
}

}  // namespace freshet
