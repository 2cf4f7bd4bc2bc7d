// SPDX-License-Identifier: Apache-2.0
#include "storage/snapshot_walk.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/status.h"

namespace freshet {
namespace {

constexpr int64_t kEntriesMax = 100'000;
constexpr int kLevelsMax = 16;

class Walk {
 public:
  Walk(const std::string& top, const VisitSnapshotEntry& visit)
      : top_(top), visit_(visit) {}

  absl::Status Into(const std::string& dir, const std::string& prefix,
                    int level) {
    if (level > kLevelsMax) {
      return InvalidArgument("directory '{}' lies deeper than {} levels", dir,
                             kLevelsMax);
    }
    ASSIGN_OR_RETURN(const std::vector<std::string> names, ListDir(dir));
    for (const std::string& name : names) {
      RETURN_IF_ERROR(Annotate(CheckPlainName(name), dir));
      if (IsHiddenName(name)) continue;
      if (++entries_ > kEntriesMax) {
        return InvalidArgument("'{}' holds more than {} files and directories",
                               top_, kEntriesMax);
      }
      ASSIGN_OR_RETURN(const std::optional<std::string> below,
                       visit_(dir + "/" + name, prefix + name));
      if (!below.has_value()) continue;
      RETURN_IF_ERROR(Into(*below, prefix + name + "/", level + 1));
    }
    return absl::OkStatus();
  }

 private:
  const std::string& top_;
  const VisitSnapshotEntry& visit_;
  int64_t entries_ = 0;
};

}  // namespace

absl::Status CheckPlainName(std::string_view name) {
  const std::string_view format = name == "_delta_log" ? "Delta Lake"
                                  : name == ".hoodie"  ? "Apache Hudi"
                                  : name.ends_with(".metadata.json")
                                      ? "Apache Iceberg"
                                      : "";
  if (format.empty()) return absl::OkStatus();
  return InvalidArgument(
      "'{}' makes it a table of {}, whose files also hold rows that were "
      "deleted or replaced since; write out what it holds now, as plain "
      "Parquet, and load that",
      name, format);
}

bool IsHiddenName(std::string_view name) {
  for (size_t start = 0; start < name.size();) {
    if (name[start] == '.' || name[start] == '_') return true;
    const size_t slash = name.find('/', start);
    if (slash == std::string_view::npos) return false;
    start = slash + 1;
  }
  return false;
}

bool IsVisitedBefore(std::string_view a, std::string_view b) {
  return std::lexicographical_compare(
      a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        const auto rank = [](char c) {
          return c == '/' ? 0 : 1 + static_cast<unsigned char>(c);
        };
        return rank(x) < rank(y);
      });
}

absl::Status WalkSnapshot(const std::string& dir,
                          const VisitSnapshotEntry& visit) {
  return Walk(dir, visit).Into(dir, "", 0);
}

}  // namespace freshet
