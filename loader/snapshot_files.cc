// SPDX-License-Identifier: Apache-2.0
#include "loader/snapshot_files.h"

#include <fmt/format.h>

#include <map>

#include "base/error.h"
#include "base/hash.h"

namespace freshet {

uint64_t FilesSum(const std::vector<SourceFile>& files) {
  std::string text;
  for (const SourceFile& file : files) {
    text += file.name;
    text += '\0';
    text += fmt::format("{} {}\n", file.bytes, file.mtime_ns);
  }
  return Xxh3(text);
}

int64_t SnapshotFiles::bytes_total() const {
  int64_t total = 0;
  for (const SourceFile& file : files_) total += file.bytes;
  return total;
}

absl::Status SnapshotFiles::Changed(const std::string& name,
                                    std::string_view what) {
  return Aborted(
      "file '{}' {} while the snapshot was read; load it again when its job "
      "has ended",
      name, what);
}

absl::Status SnapshotFiles::CheckSame(
    absl::StatusOr<std::vector<SourceFile>> now) const {
  if (!now.ok()) {
    return Aborted("the snapshot changed while it was read: {}",
                   std::string(now.status().message()));
  }
  std::map<std::string, SourceFile> left;
  for (SourceFile& file : *now) {
    std::string name = file.name;
    left.emplace(std::move(name), std::move(file));
  }
  for (const SourceFile& file : files_) {
    const auto found = left.find(file.name);
    if (found == left.end()) return Changed(file.name, "was removed");
    if (found->second != file) return Changed(file.name, "was replaced");
    left.erase(found);
  }
  if (!left.empty()) return Changed(left.begin()->first, "was added");
  return absl::OkStatus();
}

}  // namespace freshet
