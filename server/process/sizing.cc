// SPDX-License-Identifier: Apache-2.0
#include "server/process/sizing.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/status.h"
#include "config/units.h"

namespace freshet {
namespace {

constexpr int64_t kMiB = 1 << 20;

// Code, threads, gRPC's buffers, serving sets.
constexpr int64_t kDaemonBytes = 128 * kMiB;
constexpr int64_t kBlockCacheMin = 32 * kMiB;
constexpr int64_t kSortBufferMin = 32 * kMiB;
// What a loader needs beyond its sort buffer, at the least.
constexpr int64_t kLoaderBytes = 128 * kMiB;
// Address space beyond twice the buffer: libraries, stacks, decoders.
constexpr int64_t kLoaderAddresses = 2048 * kMiB;

// The daemon's address space beyond its cache: libraries, stacks, arenas.
constexpr int64_t kDaemonAddresses = 2048 * kMiB;

constexpr int64_t kDescriptorsMin = 128;

absl::Status SizeMemory(const Machine& machine, Sizing& sizing) {
  Settings& settings = sizing.settings;
  const int64_t memory = machine.memory_bytes;
  const int64_t cache_wanted =
      std::max(settings.storage.block_cache_bytes, kBlockCacheMin);
  const int64_t needed =
      kDaemonBytes + cache_wanted + kSortBufferMin + kLoaderBytes;
  if (memory < needed) {
    return FailedPrecondition(
        "the memory limit of {} ({}) is too small: at least {} is needed ({} "
        "for the daemon, {} for the block cache, {} for a loader)",
        FormatBytes(memory), machine.memory_from, FormatBytes(needed),
        FormatBytes(kDaemonBytes), FormatBytes(cache_wanted),
        FormatBytes(kSortBufferMin + kLoaderBytes));
  }
  sizing.lines.push_back(fmt::format("memory limit: {} ({})",
                                     FormatBytes(memory), machine.memory_from));

  const int64_t room = memory - kDaemonBytes - cache_wanted - kLoaderBytes;
  const int64_t sort_most =
      std::max(kSortBufferMin, std::min(memory / 4, room));
  if (settings.load.sort_buffer_bytes > sort_most) {
    sizing.lines.push_back(fmt::format(
        "load.sort_buffer: {} instead of {}, to fit the memory limit",
        FormatBytes(sort_most), FormatBytes(settings.load.sort_buffer_bytes)));
    settings.load.sort_buffer_bytes = sort_most;
  }
  if (settings.storage.block_cache_bytes == 0) {
    const int64_t rest =
        memory - kDaemonBytes - kLoaderBytes - settings.load.sort_buffer_bytes;
    // A limit of our own is ours to use; a machine has others on it.
    const int64_t share = machine.memory_is_ours ? 2 : 4;
    settings.storage.block_cache_bytes = std::max(kBlockCacheMin, rest / share);
    sizing.lines.push_back(fmt::format(
        "storage.block_cache: {}, 1/{} of what daemon and loader leave",
        FormatBytes(settings.storage.block_cache_bytes), share));
  }
  if (settings.load.memory_max_bytes == 0) {
    settings.load.memory_max_bytes =
        2 * settings.load.sort_buffer_bytes + kLoaderAddresses;
    sizing.lines.push_back(
        fmt::format("load.memory_max: {} of address space, twice the sort "
                    "buffer and {}",
                    FormatBytes(settings.load.memory_max_bytes),
                    FormatBytes(kLoaderAddresses)));
  }
  // Below it the loader cannot even begin, and so cannot say why it ended.
  if (settings.load.memory_max_bytes < kSortBufferMin + kLoaderBytes) {
    return FailedPrecondition(
        "settings.load.memory_max of {} is too small: no loader begins with "
        "less than {}",
        FormatBytes(settings.load.memory_max_bytes),
        FormatBytes(kSortBufferMin + kLoaderBytes));
  }
  return absl::OkStatus();
}

absl::Status SizeAddresses(const Machine& machine, const Sizing& sizing) {
  const int64_t cache = sizing.settings.storage.block_cache_bytes;
  const int64_t needed = cache + kDaemonAddresses;
  if (machine.address_bytes >= needed) return absl::OkStatus();
  return FailedPrecondition(
      "the limit of {} of address space (RLIMIT_AS) is too small: at least {} "
      "is needed ({} of it for storage.block_cache); raise it with LimitAS= or "
      "ulimit -v, or set a smaller cache",
      FormatBytes(machine.address_bytes), FormatBytes(needed),
      FormatBytes(cache));
}

absl::Status SizeDescriptors(const Machine& machine, Sizing& sizing) {
  if (machine.descriptors < kDescriptorsMin) {
    return FailedPrecondition(
        "the limit of {} open files (RLIMIT_NOFILE) is too small: at least {} "
        "are needed; raise it with LimitNOFILE= or ulimit -n",
        machine.descriptors, kDescriptorsMin);
  }
  // A quarter stays for files: each version keeps its own open.
  sizing.fd_max = machine.descriptors - machine.descriptors / 4;
  sizing.lines.push_back(
      fmt::format("open files: {} (RLIMIT_NOFILE, raised to its hard limit); "
                  "connections use those below {}",
                  machine.descriptors, sizing.fd_max));
  int64_t& connections = sizing.settings.listen.connections_max;
  if (connections > sizing.fd_max) {
    sizing.lines.push_back(
        fmt::format("listen.connections_max: {} instead of {}, to fit the "
                    "limit of open files",
                    sizing.fd_max, connections));
    connections = sizing.fd_max;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Sizing> SizeFor(const Settings& settings,
                               const Machine& machine) {
  Sizing sizing;
  sizing.settings = settings;
  RETURN_IF_ERROR(SizeMemory(machine, sizing));
  RETURN_IF_ERROR(SizeAddresses(machine, sizing));
  RETURN_IF_ERROR(SizeDescriptors(machine, sizing));
  return sizing;
}

}  // namespace freshet
