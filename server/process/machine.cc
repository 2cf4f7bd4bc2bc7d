// SPDX-License-Identifier: Apache-2.0
#include "server/process/machine.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <limits>
#include <optional>
#include <sstream>
#include <string_view>

#include "base/error.h"
#include "base/file.h"
#include "base/status.h"

namespace freshet {
namespace {

// v1 says "no limit" by a number near 2^63.
constexpr int64_t kNoLimit = int64_t{1} << 60;

// Nullopt: no such file, `max`, or a number that stands for no limit.
std::optional<int64_t> ReadLimit(const std::string& path) {
  const auto text = ReadFile(path);
  if (!text.ok()) return std::nullopt;
  int64_t limit = 0;
  const auto parsed =
      std::from_chars(text->data(), text->data() + text->size(), limit);
  if (parsed.ec != std::errc() || limit >= kNoLimit) return std::nullopt;
  return limit;
}

struct Cgroup {
  std::string kind;   // `cgroup v2`
  std::string mount;  // /sys/fs/cgroup
  std::string path;   // /system.slice/freshetd.service
  std::string file;   // memory.max
};

// From a line of /proc/self/cgroup, `number:controllers:path`.
std::optional<Cgroup> ParseCgroup(const std::string& line) {
  const size_t first = line.find(':');
  const size_t second = line.find(':', first + 1);
  if (first == std::string::npos || second == std::string::npos) {
    return std::nullopt;
  }
  const std::string controllers = line.substr(first + 1, second - first - 1);
  const std::string path = line.substr(second + 1);
  if (controllers.empty()) {
    return Cgroup{"cgroup v2", "/sys/fs/cgroup", path, "memory.max"};
  }
  if (("," + controllers + ",").find(",memory,") != std::string::npos) {
    return Cgroup{"cgroup v1", "/sys/fs/cgroup/memory", path,
                  "memory.limit_in_bytes"};
  }
  return std::nullopt;
}

// The smallest limit from the cgroup up to the root of the hierarchy: an outer
// one binds, too.
void Narrow(const std::string& root, const Cgroup& cgroup, Machine& machine) {
  std::string path = cgroup.path == "/" ? "" : cgroup.path;
  while (true) {
    const std::string file = cgroup.mount + path + "/" + cgroup.file;
    const std::optional<int64_t> limit = ReadLimit(root + file);
    if (limit.has_value() && *limit < machine.memory_bytes) {
      machine.memory_bytes = *limit;
      machine.memory_from = cgroup.kind + " " + file;
      machine.memory_is_ours = true;
    }
    if (path.empty()) return;
    path.resize(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
  }
}

absl::StatusOr<int64_t> MemoryTotal(const std::string& root) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(root + "/proc/meminfo"));
  std::istringstream fields(text);
  std::string name;
  int64_t kilobytes = 0;
  fields >> name >> kilobytes;
  if (name != "MemTotal:" || kilobytes <= 0) {
    return Internal("/proc/meminfo does not begin with MemTotal");
  }
  return kilobytes * 1024;
}

}  // namespace

absl::StatusOr<Machine> ReadMemory(const std::string& root) {
  Machine machine;
  ASSIGN_OR_RETURN(machine.memory_bytes, MemoryTotal(root));
  machine.memory_from = "the machine's, /proc/meminfo";
  const auto cgroups = ReadFile(root + "/proc/self/cgroup");
  if (!cgroups.ok()) return machine;  // A kernel without cgroups.
  std::istringstream lines(*cgroups);
  for (std::string line; std::getline(lines, line);) {
    const std::optional<Cgroup> cgroup = ParseCgroup(line);
    if (cgroup.has_value()) Narrow(root, *cgroup, machine);
  }
  return machine;
}

absl::StatusOr<int64_t> RaiseDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return ErrnoError("cannot read", "RLIMIT_NOFILE", errno);
  }
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return ErrnoError("cannot raise", "RLIMIT_NOFILE", errno);
  }
  // Some systems say "infinite"; the kernel's own bound is 2^20 by default.
  constexpr rlim_t kMost = 1 << 20;
  return static_cast<int64_t>(std::min(limit.rlim_cur, kMost));
}

absl::StatusOr<int64_t> AddressSpaceLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0) {
    return ErrnoError("cannot read", "RLIMIT_AS", errno);
  }
  constexpr rlim_t kMost = std::numeric_limits<int64_t>::max();
  return static_cast<int64_t>(std::min(limit.rlim_cur, kMost));
}

}  // namespace freshet
