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
#include <utility>
#include <vector>

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
  std::string used;   // memory.current
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
    return Cgroup{"cgroup v2", "/sys/fs/cgroup", path, "memory.max",
                  "memory.current"};
  }
  if (("," + controllers + ",").find(",memory,") != std::string::npos) {
    return Cgroup{"cgroup v1", "/sys/fs/cgroup/memory", path,
                  "memory.limit_in_bytes", "memory.usage_in_bytes"};
  }
  return std::nullopt;
}

// Calls `use` for the cgroup and all above it up to the root of the hierarchy:
// an outer limit binds, too.
template <typename Use>
void EachLevel(const std::string& root, const Cgroup& cgroup, Use use) {
  std::string path = cgroup.path == "/" ? "" : cgroup.path;
  while (true) {
    const std::string level = cgroup.mount + path + "/";
    const std::optional<int64_t> limit = ReadLimit(root + level + cgroup.file);
    if (limit.has_value()) use(level, *limit);
    if (path.empty()) return;
    path.resize(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
  }
}

std::vector<Cgroup> CgroupsOf(const std::string& root) {
  std::vector<Cgroup> out;
  const auto cgroups = ReadFile(root + "/proc/self/cgroup");
  if (!cgroups.ok()) return out;  // A kernel without cgroups.
  std::istringstream lines(*cgroups);
  for (std::string line; std::getline(lines, line);) {
    if (auto cgroup = ParseCgroup(line)) out.push_back(*std::move(cgroup));
  }
  return out;
}

// A field of lines such as `MemTotal:  16303428 kB`, or `active_file 4096`.
std::optional<int64_t> FieldOf(const std::string& text, std::string_view name) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string field;
    int64_t value = 0;
    if (fields >> field >> value && field == name) return value;
  }
  return std::nullopt;
}

absl::StatusOr<int64_t> FromMeminfo(const std::string& root,
                                    std::string_view name) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(root + "/proc/meminfo"));
  const std::optional<int64_t> kilobytes = FieldOf(text, name);
  if (!kilobytes.has_value() || *kilobytes <= 0) {
    return Internal("/proc/meminfo has no {}", name);
  }
  return *kilobytes * 1024;
}

}  // namespace

absl::StatusOr<Machine> ReadMemory(const std::string& root) {
  Machine machine;
  ASSIGN_OR_RETURN(machine.memory_bytes, FromMeminfo(root, "MemTotal:"));
  machine.memory_from = "the machine's, /proc/meminfo";
  for (const Cgroup& cgroup : CgroupsOf(root)) {
    EachLevel(root, cgroup, [&](const std::string& level, int64_t limit) {
      if (limit >= machine.memory_bytes) return;
      machine.memory_bytes = limit;
      machine.memory_from = cgroup.kind + " " + level + cgroup.file;
      machine.memory_is_ours = true;
    });
  }
  return machine;
}

absl::StatusOr<int64_t> AvailableMemory(const std::string& root) {
  ASSIGN_OR_RETURN(int64_t free, FromMeminfo(root, "MemAvailable:"));
  for (const Cgroup& cgroup : CgroupsOf(root)) {
    EachLevel(root, cgroup, [&](const std::string& level, int64_t limit) {
      const std::optional<int64_t> used = ReadLimit(root + level + cgroup.used);
      if (!used.has_value()) return;
      const std::string stat =
          ReadFile(root + level + "memory.stat").value_or("");
      const std::string total = cgroup.kind == "cgroup v1" ? "total_" : "";
      const int64_t files = FieldOf(stat, total + "active_file").value_or(0) +
                            FieldOf(stat, total + "inactive_file").value_or(0);
      free = std::min(free, std::max<int64_t>(0, limit - *used + files));
    });
  }
  return free;
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
