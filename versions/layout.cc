// SPDX-License-Identifier: Apache-2.0
#include "versions/layout.h"

#include <fmt/format.h>

#include <charconv>

#include "base/failpoint.h"
#include "base/file.h"
#include "base/status.h"

namespace freshet {
namespace {

constexpr std::string_view kBuilding = ".building";
constexpr std::string_view kDeleting = ".deleting";

}  // namespace

std::string LockPath(std::string_view dir) {
  return fmt::format("{}/LOCK", dir);
}

std::string ViewsDir(std::string_view dir) {
  return fmt::format("{}/views", dir);
}

std::string AsideDir(std::string_view dir) {
  return fmt::format("{}/aside", dir);
}

std::string ViewDir(std::string_view dir, std::string_view view) {
  return fmt::format("{}/views/{}", dir, view);
}

std::string VersionDir(std::string_view dir, std::string_view view,
                       int64_t version) {
  return fmt::format("{}/views/{}/v{}", dir, view, version);
}

std::string BuildingDir(std::string_view dir, std::string_view view,
                        int64_t version) {
  return VersionDir(dir, view, version) + std::string(kBuilding);
}

std::string DeletingDir(std::string_view dir, std::string_view view,
                        int64_t version) {
  return VersionDir(dir, view, version) + std::string(kDeleting);
}

std::string BuildingLockPath(std::string_view building_dir) {
  return fmt::format("{}/LOCK", building_dir);
}

std::optional<VersionDirName> ParseVersionDirName(std::string_view name) {
  VersionDirName out;
  if (name.ends_with(kBuilding)) {
    out.kind = VersionDirKind::kBuilding;
    name.remove_suffix(kBuilding.size());
  } else if (name.ends_with(kDeleting)) {
    out.kind = VersionDirKind::kDeleting;
    name.remove_suffix(kDeleting.size());
  }
  // No leading zeros: a directory has one name.
  if (name.size() < 2 || name[0] != 'v' || name[1] < '1' || name[1] > '9') {
    return std::nullopt;
  }
  const char* end = name.data() + name.size();
  const auto [at, error] = std::from_chars(name.data() + 1, end, out.version);
  if (error != std::errc() || at != end) return std::nullopt;
  return out;
}

absl::Status RemoveVersionDir(std::string_view dir, std::string_view view,
                              int64_t version) {
  const std::string whole = VersionDir(dir, view, version);
  const std::string going = DeletingDir(dir, view, version);
  RETURN_IF_ERROR(FAILPOINT("delete.before_rename"));
  if (PathExists(whole)) RETURN_IF_ERROR(RenameSynced(whole, going));
  RETURN_IF_ERROR(FAILPOINT("delete.before_unlink"));
  return RemoveTree(going);
}

}  // namespace freshet
