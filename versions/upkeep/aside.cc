// SPDX-License-Identifier: Apache-2.0
#include "versions/upkeep/aside.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/file.h"
#include "base/status.h"
#include "versions/layout.h"

namespace freshet {
namespace {

// When a directory was set aside, by its name.
std::optional<int64_t> SetAsideAt(std::string_view name) {
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view digits = name.substr(dot + 1);
  const char* end = digits.data() + digits.size();
  int64_t micros = 0;
  const auto [at, error] = std::from_chars(digits.data(), end, micros);
  if (error != std::errc() || at != end) return std::nullopt;
  return micros;
}

}  // namespace

absl::StatusOr<std::string> SetAside(const std::string& dir,
                                     const std::string& view,
                                     const VersionFold& id,
                                     int64_t now_micros) {
  RETURN_IF_ERROR(MakeDir(AsideDir(dir)));
  std::string to;
  do {  // Two starts at one moment of a simulated clock.
    to = fmt::format("{}/{}.v{}.{}", AsideDir(dir), view, id.version,
                     now_micros++);
  } while (PathExists(to));
  RETURN_IF_ERROR(RenameSynced(VersionDir(dir, view, id.version, id.fold), to));
  return to;
}

absl::StatusOr<std::vector<std::string>> SweepAside(const std::string& dir,
                                                    int64_t grace_micros,
                                                    int64_t now_micros) {
  std::vector<std::string> notes;
  if (!PathExists(AsideDir(dir))) return notes;
  ASSIGN_OR_RETURN(const auto names, ListDir(AsideDir(dir)));
  for (const std::string& name : names) {
    const std::optional<int64_t> since = SetAsideAt(name);
    if (!since.has_value() || now_micros - *since <= grace_micros) continue;
    RETURN_IF_ERROR(RemoveTree(AsideDir(dir) + "/" + name));
    notes.push_back(
        fmt::format("removed 'aside/{}' after its grace period", name));
  }
  return notes;
}

bool IsAside(const std::string& dir, const std::string& view) {
  if (!PathExists(AsideDir(dir))) return false;
  const auto names = ListDir(AsideDir(dir));
  if (!names.ok()) return true;
  return std::any_of(names->begin(), names->end(), [&](const auto& name) {
    return name.starts_with(view + ".v");
  });
}

}  // namespace freshet
