// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "absl/status/status.h"

namespace freshet {

struct SandboxOptions {
  int64_t memory_max_bytes = 0;  // RLIMIT_AS; 0: none.
  int64_t cpu_max_s = 0;         // RLIMIT_CPU; 0: none.
  bool network = false;          // Connections to others, not from them.
  // Takes what others leave of processor and disk, and else a low share.
  bool idle = true;
};

// Address space counts against RLIMIT_AS: sets none aside in advance (one
// arena, small stacks, the system's allocator for Arrow). Call first in main.
void KeepAddressSpaceSmall();

// Gives up, for the rest of the process's life, what reading a hostile file
// could misuse: memory and processor beyond the limits, core dumps, new
// privileges, the network unless it is asked for, other programs, and other
// processes: to start, trace, limit or signal one, even the daemon, whose user
// it runs as, or to leave the group by which the daemon ends it. Threads, and
// abort() of the process itself, go on working. Also asks for a low
// priority of processor and disk, and to be killed when the thread that started
// this process ends. Call once, before any other thread runs.
//
// Fails if a limit or the system-call filter cannot be set; priorities are best
// effort.
absl::Status EnterSandbox(const SandboxOptions& options);

}  // namespace freshet
