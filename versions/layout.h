// SPDX-License-Identifier: Apache-2.0
// Where things are within the storage directory: docs/format.md, "Directory".
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace freshet {

std::string LockPath(std::string_view dir);
std::string AuditPath(std::string_view dir);
std::string ViewsDir(std::string_view dir);
std::string AsideDir(std::string_view dir);
std::string ViewDir(std::string_view dir, std::string_view view);

// `<dir>/views/<view>/v<id>`, and with `.building` and `.deleting`. The
// `fold`-th fold of a version is in `v<id>.f<fold>`.
std::string VersionDir(std::string_view dir, std::string_view view,
                       int64_t version, int64_t fold = 0);
std::string BuildingDir(std::string_view dir, std::string_view view,
                        int64_t version, int64_t fold = 0);
std::string DeletingDir(std::string_view dir, std::string_view view,
                        int64_t version, int64_t fold = 0);

// The file in a building directory that its loader locks.
std::string BuildingLockPath(std::string_view building_dir);

enum class VersionDirKind { kVersion, kBuilding, kDeleting };

// A version as one directory has it.
struct VersionFold {
  int64_t version = 0;
  int64_t fold = 0;

  auto operator<=>(const VersionFold&) const = default;
};

struct VersionDirName {
  VersionDirKind kind = VersionDirKind::kVersion;
  VersionFold id;
};

// What a name within a view's directory means; nullopt: not one of ours.
std::optional<VersionDirName> ParseVersionDirName(std::string_view name);

// Removes a version's directory that the catalog no longer names: renamed
// first, so that a crash in between leaves nothing that looks whole. One that
// is not there is no error.
absl::Status RemoveVersionDir(std::string_view dir, std::string_view view,
                              int64_t version, int64_t fold = 0);

}  // namespace freshet
