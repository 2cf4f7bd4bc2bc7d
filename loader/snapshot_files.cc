// SPDX-License-Identifier: Apache-2.0
#include "loader/snapshot_files.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <map>
#include <system_error>

#include "base/error.h"
#include "base/status.h"
#include "storage/snapshot_walk.h"

namespace freshet {
namespace {

absl::StatusOr<SourceFile> Describe(int fd, std::string path,
                                    std::string name) {
  struct stat st;
  if (::fstat(fd, &st) != 0) return ErrnoError("cannot stat", path, errno);
  SourceFile file;
  file.path = std::move(path);
  file.name = std::move(name);
  file.bytes = st.st_size;
  file.mtime_ns = st.st_mtim.tv_sec * 1'000'000'000 + st.st_mtim.tv_nsec;
  file.inode = st.st_ino;
  file.device = st.st_dev;
  return file;
}

bool IsDirectory(int fd) {
  struct stat st;
  return ::fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
}

absl::Status Changed(const std::string& name, std::string_view what) {
  return Aborted(
      "file '{}' {} while the snapshot was read; load it again when its job "
      "has ended",
      name, what);
}

}  // namespace

absl::StatusOr<SnapshotFiles> SnapshotFiles::Open(
    const BatchSource& source, const std::vector<std::string>& roots,
    std::function<void()> on_work) {
  ASSIGN_OR_RETURN(RootedPaths paths, RootedPaths::Create(roots));
  SnapshotFiles snapshot(std::move(paths), source, std::move(on_work));
  ASSIGN_OR_RETURN(snapshot.files_, snapshot.List());
  return snapshot;
}

int64_t SnapshotFiles::bytes_total() const {
  int64_t total = 0;
  for (const SourceFile& file : files_) total += file.bytes;
  return total;
}

absl::StatusOr<std::vector<SourceFile>> SnapshotFiles::List() const {
  ASSIGN_OR_RETURN(const std::string top, paths_.Resolve(source_.path));
  ASSIGN_OR_RETURN(const UniqueFd fd, paths_.Open(top));
  std::vector<SourceFile> files;
  if (!IsDirectory(fd.get())) {
    ASSIGN_OR_RETURN(
        SourceFile file,
        Describe(fd.get(), top,
                 std::filesystem::path(source_.path).filename().string()));
    files.push_back(std::move(file));
    return files;
  }
  std::error_code error;
  if (source_.require_success &&
      !std::filesystem::is_regular_file(top + "/_SUCCESS", error)) {
    return FailedPrecondition(
        "directory '{}' has no `_SUCCESS`: its job has not ended; load it "
        "when it has, or set require_success: false",
        source_.path);
  }
  RETURN_IF_ERROR(WalkSnapshot(
      top, [this, &files](const std::string& path, const std::string& name) {
        return Add(path, name, &files);
      }));
  return files;
}

absl::StatusOr<std::optional<std::string>> SnapshotFiles::Add(
    const std::string& path, const std::string& name,
    std::vector<SourceFile>* files) const {
  on_work_();
  ASSIGN_OR_RETURN(std::string real, paths_.Resolve(path));
  ASSIGN_OR_RETURN(const UniqueFd fd, paths_.Open(real));
  if (IsDirectory(fd.get())) return real;
  ASSIGN_OR_RETURN(SourceFile file, Describe(fd.get(), std::move(real), name));
  files->push_back(std::move(file));
  return std::nullopt;
}

absl::StatusOr<UniqueFd> SnapshotFiles::OpenFile(const SourceFile& file) const {
  ASSIGN_OR_RETURN(UniqueFd fd, paths_.Open(file.path));
  ASSIGN_OR_RETURN(const SourceFile now,
                   Describe(fd.get(), file.path, file.name));
  if (now != file) return Changed(file.name, "was replaced");
  return fd;
}

absl::Status SnapshotFiles::CheckUnchanged() const {
  absl::StatusOr<std::vector<SourceFile>> now = List();
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
