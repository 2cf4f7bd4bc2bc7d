// SPDX-License-Identifier: Apache-2.0
#include "loader/watch/lookout.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <optional>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/status.h"
#include "config/object_url.h"
#include "loader/remote/object_files.h"
#include "loader/snapshot/local_files.h"
#include "storage/snapshot_walk.h"

namespace freshet {
namespace {

// Directories that are looked into before the search for one with a complete
// snapshot is given up until the next look.
constexpr size_t kDirectoriesMax = 16;
// As WalkSnapshot.
constexpr size_t kEntriesMax = 100'000;

}  // namespace

Lookout::Lookout(WatchedSource watched, std::vector<std::string> roots,
                 S3Settings s3)
    : watched_(std::move(watched)),
      roots_(std::move(roots)),
      s3_(std::move(s3)) {}

Sighting Lookout::Look(Time now, const std::string& after) {
  Sighting sighting;
  sighting.view = watched_.view;
  sighting.path = watched_.source.path;
  quiet_before_ = std::move(quiet_);
  quiet_.clear();
  sighting.status = Find(now, after, sighting);
  // Its client would keep the credentials for minutes although others were
  // given out since; a new one looks for them.
  if (absl::IsPermissionDenied(sighting.status)) store_.reset();
  return sighting;
}

absl::Status Lookout::Find(Time now, const std::string& after,
                           Sighting& sighting) {
  if (IsUrl(watched_.source.path)) RETURN_IF_ERROR(OpenStore());
  if (watch().each == SnapshotPlace::kPath) {
    return LookAt(watched_.source.path, now, sighting);
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> names, Directories());
  if (watched_.source.mode == LoadMode::kUpsert && !names.empty()) {
    return FindNext(now, after, names, sighting);
  }
  absl::Status newest = FailedPrecondition(
      "'{}' has no directory yet: each snapshot is one "
      "(source.watch.each: directory)",
      watched_.source.path);
  for (size_t i = 0; i < std::min(names.size(), kDirectoriesMax); ++i) {
    absl::Status found =
        LookAt(watched_.source.path + "/" + names[i], now, sighting);
    if (found.ok() || !absl::IsFailedPrecondition(found)) return found;
    // What is waited for is the newest; what serves until then may be older.
    if (i == 0) newest = std::move(found);
  }
  return newest;
}

// Of those whose names come before the last that was loaded, which are not
// looked at.
void Lookout::NoteLate(const std::string& after,
                       const std::vector<std::string>& names,
                       Sighting& sighting) {
  std::vector<std::string> late;
  for (const std::string& name : names) {
    if (names_before_.has_value() && name < after &&
        !names_before_->contains(name)) {
      late.push_back(name);
    }
  }
  names_before_.emplace(names.begin(), names.end());
  if (late.empty()) return;
  sighting.note = fmt::format(
      "'{0}' came after '{1}' was loaded, whose name comes after its own ({2} "
      "such): it is not loaded by itself; freshet load {3} {4}/{0}",
      late.back(), after, late.size(), watched_.view, watched_.source.path);
}

// In the order of their names, none left out: what one changed no later one
// says again.
absl::Status Lookout::FindNext(Time now, const std::string& after,
                               const std::vector<std::string>& names,
                               Sighting& sighting) {
  NoteLate(after, names, sighting);
  const auto next =
      std::find_if(names.rbegin(), names.rend(),
                   [&](const std::string& name) { return name > after; });
  if (next != names.rend()) {
    return LookAt(watched_.source.path + "/" + *next, now, sighting);
  }
  if (names.front() == after) {  // It may have been written anew.
    return LookAt(watched_.source.path + "/" + after, now, sighting);
  }
  return FailedPrecondition("'{}' has no directory after '{}' yet",
                            watched_.source.path, after);
}

absl::Status Lookout::LookAt(const std::string& path, Time now,
                             Sighting& sighting) {
  sighting.path = path;
  ASSIGN_OR_RETURN(const SnapshotListing listing, List(path));
  sighting.sum = listing.Sum();
  sighting.files = static_cast<int64_t>(listing.files.size());
  sighting.bytes = listing.bytes();
  return CheckComplete(listing, sighting, now);
}

absl::Status Lookout::CheckComplete(const SnapshotListing& listing,
                                    const Sighting& sighting, Time now) {
  const std::string& path = sighting.path;
  Quiet& quiet = quiet_[path];
  quiet = {sighting.sum, now};
  const auto before = quiet_before_.find(path);
  if (before != quiet_before_.end() && before->second.sum == sighting.sum) {
    quiet.since = before->second.since;
  }
  if (listing.files.empty() && !listing.success &&
      watched_.source.manifest.empty()) {
    return FailedPrecondition("'{}' holds no files yet", path);
  }
  BatchSource source = watched_.source;
  source.path = path;
  const bool by_file = watch().complete != Complete::kQuiet;
  if (by_file) RETURN_IF_ERROR(CheckMarker(listing, path));
  // Else its load would be refused.
  RETURN_IF_ERROR(CheckMarkers(listing, source));
  if (by_file) return absl::OkStatus();
  const auto wanted = std::chrono::microseconds(watch().quiet_micros);
  if (now - quiet.since >= wanted) return absl::OkStatus();
  return FailedPrecondition(
      "'{}' changed less than {} s ago (source.watch.quiet_for)", path,
      std::chrono::duration<double>(wanted).count());
}

// By the file that is written last.
absl::Status Lookout::CheckMarker(const SnapshotListing& listing,
                                  const std::string& path) const {
  const bool is_manifest = watch().complete == Complete::kManifest;
  const std::string name = is_manifest ? watched_.source.manifest : "_SUCCESS";
  const std::optional<SourceFile>& marker =
      is_manifest ? listing.manifest : listing.success;
  if (listing.is_file) {
    if (IsUrl(path)) return absl::OkStatus();  // There whole, or not at all.
    return FailedPrecondition(
        "'{}' is a file, so no `{}` says when it is complete: set "
        "source.watch.complete: quiet",
        path, name);
  }
  if (!marker.has_value()) {
    return FailedPrecondition("'{}' has no `{}` yet", path, name);
  }
  for (const SourceFile& file : listing.files) {
    if (file.mtime_ns <= marker->mtime_ns) continue;
    return FailedPrecondition(
        "'{}' is younger than the `{}` of '{}': it is being written anew",
        file.name, name, path);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> Lookout::Directories() {
  std::vector<std::string> names;
  if (store_ != nullptr) {
    ASSIGN_OR_RETURN(const ObjectUrl url, ParseObjectUrl(watched_.source.path));
    ASSIGN_OR_RETURN(names, store_->Directories(url));
  } else {
    std::error_code error;
    for (std::filesystem::directory_iterator it(watched_.source.path, error);
         !error && it != std::filesystem::directory_iterator();
         it.increment(error)) {
      std::error_code ignored;  // It went away: then it is no directory.
      if (it->is_directory(ignored)) {
        names.push_back(it->path().filename().string());
      }
      if (names.size() > kEntriesMax) break;
    }
    if (error) {
      return ErrnoError("cannot list", watched_.source.path, error.value());
    }
  }
  std::erase_if(names, IsHiddenName);
  if (names.size() > kEntriesMax) {
    return InvalidArgument("'{}' holds more than {} directories",
                           watched_.source.path, kEntriesMax);
  }
  std::sort(names.begin(), names.end(), std::greater<>());
  return names;
}

absl::StatusOr<SnapshotListing> Lookout::List(const std::string& path) {
  BatchSource source = watched_.source;
  source.path = path;
  if (store_ == nullptr) return LocalFiles::List(source, roots_);
  ASSIGN_OR_RETURN(const ObjectUrl url, ParseObjectUrl(path));
  if (!IsUnderAny(url, roots_)) {
    return PermissionDenied("'{}' is outside the allowed roots", path);
  }
  return ObjectFiles::List(*store_, url, source);
}

absl::Status Lookout::OpenStore() {
  if (store_ != nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(const ObjectUrl url, ParseObjectUrl(watched_.source.path));
  ASSIGN_OR_RETURN(store_, ObjectStore::Open(url, s3_));
  return absl::OkStatus();
}

}  // namespace freshet
