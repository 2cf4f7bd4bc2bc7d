// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "absl/status/statusor.h"

namespace freshet {

// What the machine, or the container, lets this process have.
struct Machine {
  int64_t memory_bytes = 0;
  std::string memory_from;      // `cgroup v2 /sys/fs/cgroup/x/memory.max`
  bool memory_is_ours = false;  // A cgroup's limit, not the whole machine's.
  int64_t descriptors = 0;      // RLIMIT_NOFILE.
  // RLIMIT_AS; the largest number if there is none.
  int64_t address_bytes = std::numeric_limits<int64_t>::max();
};

// The smallest memory limit of the cgroups (v1 or v2) that the process is in,
// else the machine's memory. Paths are taken below `root`: "" is the real one,
// tests have trees of their own. Descriptors are left at 0.
absl::StatusOr<Machine> ReadMemory(const std::string& root);

// What of it is free now, or would be if the kernel let go of files that it
// keeps in memory: the least of the machine and of the cgroups that have a
// limit. `root` as there.
absl::StatusOr<int64_t> AvailableMemory(const std::string& root);

// Raises the soft limit of open files to the hard one and returns it.
absl::StatusOr<int64_t> RaiseDescriptorLimit();

// RLIMIT_AS; the largest number if there is none.
absl::StatusOr<int64_t> AddressSpaceLimit();

}  // namespace freshet
