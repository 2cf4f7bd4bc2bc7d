// SPDX-License-Identifier: Apache-2.0
#include "loader/local_files.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "absl/memory/memory.h"
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

}  // namespace

absl::StatusOr<std::unique_ptr<LocalFiles>> LocalFiles::Open(
    const BatchSource& source, const std::vector<std::string>& roots,
    std::function<void()> on_work) {
  ASSIGN_OR_RETURN(RootedPaths paths, RootedPaths::Create(roots));
  Search search{std::move(paths), source, std::move(on_work)};
  ASSIGN_OR_RETURN(std::vector<SourceFile> files, search.List());
  return absl::WrapUnique(new LocalFiles(std::move(files), std::move(search)));
}

absl::StatusOr<std::vector<SourceFile>> LocalFiles::Search::List() const {
  ASSIGN_OR_RETURN(const std::string top, paths.Resolve(source.path));
  ASSIGN_OR_RETURN(const UniqueFd fd, paths.Open(top));
  std::vector<SourceFile> files;
  if (!IsDirectory(fd.get())) {
    ASSIGN_OR_RETURN(
        SourceFile file,
        Describe(fd.get(), top,
                 std::filesystem::path(source.path).filename().string()));
    files.push_back(std::move(file));
    return files;
  }
  std::error_code error;
  if (source.require_success &&
      !std::filesystem::is_regular_file(top + "/_SUCCESS", error)) {
    return FailedPrecondition(
        "directory '{}' has no `_SUCCESS`: its job has not ended; load it "
        "when it has, or set require_success: false",
        source.path);
  }
  RETURN_IF_ERROR(WalkSnapshot(
      top, [this, &files](const std::string& path, const std::string& name) {
        return Add(path, name, &files);
      }));
  return files;
}

absl::StatusOr<std::optional<std::string>> LocalFiles::Search::Add(
    const std::string& path, const std::string& name,
    std::vector<SourceFile>* files) const {
  on_work();
  ASSIGN_OR_RETURN(std::string real, paths.Resolve(path));
  ASSIGN_OR_RETURN(const UniqueFd fd, paths.Open(real));
  if (IsDirectory(fd.get())) return real;
  ASSIGN_OR_RETURN(SourceFile file, Describe(fd.get(), std::move(real), name));
  files->push_back(std::move(file));
  return std::nullopt;
}

absl::StatusOr<UniqueFd> LocalFiles::OpenFile(const SourceFile& file) {
  ASSIGN_OR_RETURN(UniqueFd fd, search_.paths.Open(file.path));
  ASSIGN_OR_RETURN(const SourceFile now,
                   Describe(fd.get(), file.path, file.name));
  if (now != file) return Changed(file.name, "was replaced");
  return fd;
}

absl::Status LocalFiles::CheckUnchanged() { return CheckSame(search_.List()); }

}  // namespace freshet
