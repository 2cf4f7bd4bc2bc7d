// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "base/file.h"

namespace freshet {

// Address space that a child needs beyond its buffers: code, threads' stacks
// and arenas, decoded batches, RocksDB's own buffers.
inline constexpr int64_t kChildAddressSpaceBytes = int64_t{3} << 30;

// Sanitizers map terabytes that they never touch: no limit for their children.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

struct ChildOptions {
  std::string executable;
  int64_t memory_max_bytes = 0;  // RLIMIT_AS; 0: none.
  int64_t cpu_max_s = 0;         // RLIMIT_CPU; 0: none.
};

// How a child ended: by a signal, or else with an exit code.
struct ChildEnd {
  int exit_code = 0;
  int signal = 0;
};

// A child process with pipes on its three standard streams and nothing else
// open, at low CPU and I/O priority, in a process group of its own (a ^C at
// the daemon's terminal is not for it).
//
// The kernel kills it when the thread that spawned it ends, so that it cannot
// outlive the daemon: spawn from a thread that lives as long as the child may.
// Destroyed before it was waited for, it is killed with its group. Not
// thread-safe.
class ChildProcess {
 public:
  // NOT_FOUND, PERMISSION_DENIED name the executable.
  static absl::StatusOr<ChildProcess> Spawn(const ChildOptions& options);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();

  // Our ends of its streams: none of them blocks. The input is a socket:
  // send() with MSG_NOSIGNAL.
  int input() const { return input_.get(); }
  int output() const { return output_.get(); }
  int errors() const { return errors_.get(); }
  // Readable once it has ended.
  int pidfd() const { return pidfd_.get(); }
  pid_t pid() const { return pid_; }

  // To the whole group.
  void Signal(int signal) const;

  // Kills what is left of its group, waits for it to end, and reaps it.
  // Blocks until it has ended. Call once.
  ChildEnd Wait();

 private:
  ChildProcess() = default;

  pid_t pid_ = -1;
  UniqueFd input_;
  UniqueFd output_;
  UniqueFd errors_;
  UniqueFd pidfd_;
};

}  // namespace freshet
