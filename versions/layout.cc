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
constexpr std::string_view kFold = ".f";

// From 1, without leading zeros: a directory has one name.
bool ReadNumber(std::string_view text, int64_t* number) {
  if (text.empty() || text[0] < '1' || text[0] > '9') return false;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, *number);
  return error == std::errc() && at == end;
}

}  // namespace

std::string LockPath(std::string_view dir) {
  return fmt::format("{}/LOCK", dir);
}

std::string AuditPath(std::string_view dir) {
  return fmt::format("{}/audit.jsonl", dir);
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
                       int64_t version, int64_t fold) {
  std::string path = fmt::format("{}/views/{}/v{}", dir, view, version);
  if (fold > 0) path += fmt::format("{}{}", kFold, fold);
  return path;
}

std::string BuildingDir(std::string_view dir, std::string_view view,
                        int64_t version, int64_t fold) {
  return VersionDir(dir, view, version, fold) + std::string(kBuilding);
}

std::string DeletingDir(std::string_view dir, std::string_view view,
                        int64_t version, int64_t fold) {
  return VersionDir(dir, view, version, fold) + std::string(kDeleting);
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
  const size_t fold = name.find(kFold);
  if (fold != std::string_view::npos) {
    if (!ReadNumber(name.substr(fold + kFold.size()), &out.id.fold)) {
      return std::nullopt;
    }
    name = name.substr(0, fold);
  }
  if (!name.starts_with('v') || !ReadNumber(name.substr(1), &out.id.version)) {
    return std::nullopt;
  }
  return out;
}

absl::Status RemoveVersionDir(std::string_view dir, std::string_view view,
                              int64_t version, int64_t fold) {
  const std::string whole = VersionDir(dir, view, version, fold);
  const std::string going = DeletingDir(dir, view, version, fold);
  RETURN_IF_ERROR(FAILPOINT("delete.before_rename"));
  if (PathExists(whole)) RETURN_IF_ERROR(RenameSynced(whole, going));
  RETURN_IF_ERROR(FAILPOINT("delete.before_unlink"));
  return RemoveTree(going);
}

}  // namespace freshet
