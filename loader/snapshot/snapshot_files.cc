// SPDX-License-Identifier: Apache-2.0
#include "loader/snapshot/snapshot_files.h"

#include <fmt/format.h>

#include <map>

#include "base/error.h"
#include "base/hash.h"
#include "base/status.h"
#include "loader/snapshot/snapshot_manifest.h"

namespace freshet {

uint64_t SnapshotListing::Sum() const {
  std::string text;
  for (const SourceFile& file : files) {
    text += file.name;
    text += '\0';
    text += fmt::format("{} {}\n", file.bytes, file.mtime_ns);
  }
  if (manifest.has_value()) text += fmt::format("{:x}\n", manifest_sum);
  return Xxh3(text);
}

int64_t SnapshotListing::bytes() const {
  int64_t total = 0;
  for (const SourceFile& file : files) total += file.bytes;
  return total;
}

bool WantsSuccess(const BatchSource& source) {
  return source.require_success ||
         (source.watch.has_value() &&
          source.watch->complete == Complete::kSuccess);
}

absl::Status CheckManifestSize(std::string_view name, int64_t bytes) {
  if (bytes <= kSnapshotManifestBytesMax) return absl::OkStatus();
  return InvalidArgument("file '{}' has {} bytes; a manifest has at most {}",
                         name, bytes, kSnapshotManifestBytesMax);
}

absl::Status CheckMarkers(const SnapshotListing& listing,
                          const BatchSource& source) {
  if (listing.is_file && !source.manifest.empty()) {
    return FailedPrecondition(
        "'{}' is a file; source.manifest wants a directory with '{}' in it",
        source.path, source.manifest);
  }
  if (listing.is_file) return absl::OkStatus();
  if (source.require_success && !listing.success.has_value()) {
    return FailedPrecondition(
        "'{}' has no `_SUCCESS`: its job has not ended; load it when it has, "
        "or set require_success: false",
        source.path);
  }
  if (!source.manifest.empty() && !listing.manifest.has_value()) {
    return FailedPrecondition("'{}' has no '{}' (source.manifest) yet",
                              source.path, source.manifest);
  }
  return absl::OkStatus();
}

absl::Status CheckSizes(const std::vector<SourceFile>& files, int64_t max) {
  for (const SourceFile& file : files) {
    if (max <= 0 || file.bytes <= max) continue;
    return InvalidArgument("'{}' has {} bytes, settings.load.file_max is {}",
                           file.name, file.bytes, max);
  }
  return absl::OkStatus();
}

absl::Status KeepListed(const SnapshotManifest& manifest,
                        SnapshotListing& listing) {
  const std::string& name = listing.manifest->name;
  std::map<std::string_view, const SnapshotManifest::File*> listed;
  for (const SnapshotManifest::File& file : manifest.files) {
    listed.emplace(file.name, &file);
  }
  std::vector<SourceFile> kept;
  for (SourceFile& file : listing.files) {
    const auto found = listed.find(file.name);
    if (found == listed.end()) continue;
    const SnapshotManifest::File& said = *found->second;
    if (said.bytes != file.bytes) {
      return FailedPrecondition("file '{}' has {} bytes, '{}' says {}",
                                file.name, file.bytes, name, said.bytes);
    }
    if (!said.sha256.empty()) listing.sha256[file.name] = said.sha256;
    kept.push_back(std::move(file));
    listed.erase(found);
  }
  if (!listed.empty()) {
    return FailedPrecondition("file '{}' is not there, which '{}' lists",
                              listed.begin()->first, name);
  }
  listing.files = std::move(kept);
  listing.rows = manifest.rows;
  return absl::OkStatus();
}

bool IsFaultOfStore(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsPermissionDenied(status);
}

absl::Status SnapshotFiles::Changed(const std::string& name,
                                    std::string_view what) {
  return Aborted(
      "file '{}' {} while the snapshot was read; load it again when its job "
      "has ended",
      name, what);
}

absl::Status SnapshotFiles::CheckSame(
    absl::StatusOr<SnapshotListing> now) const {
  if (IsFaultOfStore(now.status())) return now.status();
  if (!now.ok()) {
    return Aborted("the snapshot changed while it was read: {}",
                   std::string(now.status().message()));
  }
  if (now->manifest != listing_.manifest ||
      now->manifest_sum != listing_.manifest_sum) {
    return Changed((listing_.manifest ? listing_ : *now).manifest->name,
                   "was replaced");
  }
  std::map<std::string, SourceFile> left;
  for (SourceFile& file : now->files) {
    std::string name = file.name;
    left.emplace(std::move(name), std::move(file));
  }
  for (const SourceFile& file : files()) {
    const auto found = left.find(file.name);
    if (found == left.end()) return Changed(file.name, "was removed");
    if (found->second != file) return Changed(file.name, "was replaced");
    left.erase(found);
  }
  if (!left.empty()) return Changed(left.begin()->first, "was added");
  return absl::OkStatus();
}

}  // namespace freshet
