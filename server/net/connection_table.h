// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"

namespace freshet {

// The connections that were handed to gRPC, which closes them without telling
// us. A connection is known by its descriptor and the inode of its socket: one
// whose descriptor now is another file, or none, has been closed. Safe to use
// from any thread.
class ConnectionTable {
 public:
  // Requires: `fd` is an open socket that nobody can have closed yet.
  void Add(int fd, const std::string& peer);

  // Open connections, in all and from one peer. Looks at every descriptor: a
  // third of a microsecond each.
  int64_t CountOpen();
  int64_t CountOpenFrom(const std::string& peer);

  // As counted at the last look, plus those added since: never too few.
  int64_t at_most() const;
  int64_t at_most_from(const std::string& peer) const;

 private:
  struct Connection {
    uint64_t inode = 0;
    std::string peer;
  };

  void Sweep() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Forget(std::map<int, Connection>::iterator connection)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  int64_t From(const std::string& peer) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  mutable Mutex mu_;
  std::map<int, Connection> open_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, int64_t> by_peer_ ABSL_GUARDED_BY(mu_);
};

}  // namespace freshet
