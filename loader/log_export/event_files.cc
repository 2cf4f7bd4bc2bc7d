// SPDX-License-Identifier: Apache-2.0
#include "loader/log_export/event_files.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string_view>

#include "base/error.h"
#include "base/file.h"
#include "base/status.h"
#include "config/timestamp.h"
#include "storage/json_fields.h"

namespace freshet {
namespace {

constexpr std::string_view kDayBegins = "arrival_date=";
constexpr size_t kDayBytes = 10;  // 2026-01-31

std::string DayOf(int64_t micros) {
  return FormatTimestamp(micros).substr(0, kDayBytes);
}

std::string FilesBegin(uint64_t log_id) {
  return fmt::format("part-{}-", Hex64Text(log_id));
}

bool IsDirectory(const std::string& path) {
  struct stat info = {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

// Names of directories in it that begin so.
absl::StatusOr<std::vector<std::string>> DirsIn(const std::string& dir,
                                                std::string_view begin) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, ListDir(dir));
  std::vector<std::string> paths;
  for (const std::string& name : names) {
    std::string path = dir + "/" + name;
    if (name.starts_with(begin) && IsDirectory(path)) {
      paths.push_back(std::move(path));
    }
  }
  return paths;
}

absl::StatusOr<int64_t> RemoveFiles(const std::string& dir, uint64_t log_id) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, ListDir(dir));
  int64_t removed = 0;
  for (const std::string& name : names) {
    if (!name.starts_with(FilesBegin(log_id))) continue;
    RETURN_IF_ERROR(RemoveTree(dir + "/" + name));
    ++removed;
  }
  // Unless something else is there.
  ::rmdir(dir.c_str());
  return removed;
}

}  // namespace

absl::StatusOr<std::string> EventsDir(const std::string& directory,
                                      const std::string& source,
                                      int64_t arrival_micros) {
  if (source.empty() || source.front() == '.' ||
      source.find('/') != std::string::npos) {
    return DataLoss("'{}' is no name of a source", source);
  }
  return fmt::format("{}/{}/{}{}", directory, source, kDayBegins,
                     DayOf(arrival_micros));
}

std::string EventFileName(uint64_t log_id, uint64_t first_record) {
  return fmt::format("{}{:020}.parquet", FilesBegin(log_id), first_record);
}

std::string BuildingDir(const ExportOrder& order) {
  return fmt::format("{}/.building-{}", order.directory,
                     Hex64Text(order.log_id));
}

absl::StatusOr<int64_t> RemoveOldFiles(const ExportOrder& order) {
  const std::string first_kept =
      fmt::format("{}{}", kDayBegins, DayOf(order.keep_from_micros));
  int64_t removed = 0;
  ASSIGN_OR_RETURN(const auto sources, DirsIn(order.directory, ""));
  for (const std::string& source : sources) {
    // One that cannot be listed is none of ours, or has gone.
    const auto days = DirsIn(source, kDayBegins);
    if (!days.ok()) continue;
    for (const std::string& day : *days) {
      if (day.substr(source.size() + 1) >= first_kept) continue;
      ASSIGN_OR_RETURN(const int64_t files, RemoveFiles(day, order.log_id));
      removed += files;
    }
  }
  return removed;
}

}  // namespace freshet
