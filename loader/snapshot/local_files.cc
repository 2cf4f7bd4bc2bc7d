// SPDX-License-Identifier: Apache-2.0
#include "loader/snapshot/local_files.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "absl/memory/memory.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/status.h"
#include "loader/snapshot/snapshot_manifest.h"
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
  ASSIGN_OR_RETURN(SnapshotListing listing, search.List());
  RETURN_IF_ERROR(CheckMarkers(listing, source));
  return absl::WrapUnique(
      new LocalFiles(std::move(listing), std::move(search)));
}

absl::StatusOr<SnapshotListing> LocalFiles::List(
    const BatchSource& source, const std::vector<std::string>& roots) {
  ASSIGN_OR_RETURN(RootedPaths paths, RootedPaths::Create(roots));
  return Search{std::move(paths), source, [] {}}.List();
}

absl::StatusOr<SnapshotListing> LocalFiles::Search::List() const {
  ASSIGN_OR_RETURN(const std::string top, paths.Resolve(source.path));
  ASSIGN_OR_RETURN(const UniqueFd fd, paths.Open(top));
  SnapshotListing listing;
  if (!IsDirectory(fd.get())) {
    ASSIGN_OR_RETURN(
        SourceFile file,
        Describe(fd.get(), top,
                 std::filesystem::path(source.path).filename().string()));
    listing.files.push_back(std::move(file));
    listing.is_file = true;
    return listing;
  }
  // Before the walk: what comes after them is then younger.
  if (WantsSuccess(source)) {
    ASSIGN_OR_RETURN(listing.success, Find(top, "_SUCCESS", nullptr));
  }
  if (!source.manifest.empty()) {
    RETURN_IF_ERROR(AddListed(top, listing));
    return listing;
  }
  RETURN_IF_ERROR(WalkSnapshot(
      top, [this, &listing](const std::string& path, const std::string& name) {
        return Add(path, name, &listing.files);
      }));
  return listing;
}

// What else lies there is none of our business, and not looked at.
absl::Status LocalFiles::Search::AddListed(const std::string& top,
                                           SnapshotListing& listing) const {
  std::string text;
  ASSIGN_OR_RETURN(listing.manifest, Find(top, source.manifest, &text));
  if (!listing.manifest.has_value()) return absl::OkStatus();
  listing.manifest_sum = Xxh3(text);
  ASSIGN_OR_RETURN(const SnapshotManifest manifest,
                   ParseSnapshotManifest(source.manifest, text));
  for (const SnapshotManifest::File& file : manifest.files) {
    const auto below = Add(top + "/" + file.name, file.name, &listing.files);
    if (!below.ok() && !absl::IsNotFound(below.status())) return below.status();
  }
  return KeepListed(manifest, listing);
}

absl::StatusOr<std::optional<SourceFile>> LocalFiles::Search::Find(
    const std::string& top, const std::string& name, std::string* text) const {
  struct stat st;
  const std::string path = top + "/" + name;
  if (::stat(path.c_str(), &st) != 0 || !S_ISREG(st.st_mode)) {
    return std::nullopt;
  }
  ASSIGN_OR_RETURN(std::string real, paths.Resolve(path));
  ASSIGN_OR_RETURN(const UniqueFd fd, paths.Open(real));
  if (text != nullptr) {
    RETURN_IF_ERROR(CheckManifestSize(name, st.st_size));
    ASSIGN_OR_RETURN(*text, ReadAll(fd.get(), path, kSnapshotManifestBytesMax));
  }
  return Describe(fd.get(), std::move(real), name);
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
