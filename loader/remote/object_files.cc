// SPDX-License-Identifier: Apache-2.0
#include "loader/remote/object_files.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/memory/memory.h"
#include "base/check.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/status.h"
#include "loader/snapshot/snapshot_manifest.h"

namespace freshet {
namespace {

absl::StatusOr<std::string> ReadObject(const ObjectStore& store,
                                       const SourceFile& file) {
  RETURN_IF_ERROR(CheckManifestSize(file.name, file.bytes));
  ASSIGN_OR_RETURN(const OpenObject object, store.OpenAt(file.path));
  ASSIGN_OR_RETURN(const int64_t size, object.Bytes());
  std::string bytes(static_cast<size_t>(file.bytes), 0);
  ASSIGN_OR_RETURN(const int64_t got,
                   object.ReadAt(0, file.bytes, bytes.data()));
  // Not judged by what it says: of half of it nothing is known.
  if (size != file.bytes || got != file.bytes) {
    return Aborted("object '{}' was replaced while it was read", file.name);
  }
  return bytes;
}

Downloads::Options DownloadOptions(const LoadSpec& spec) {
  Downloads::Options options;
  options.dir = spec.building_dir;
  options.at_once = std::max<int64_t>(spec.downloads_max, 1);
  options.rate_max = spec.download_rate_max;
  options.disk_reserve_bytes = spec.disk_reserve_bytes;
  return options;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ObjectFiles>> ObjectFiles::Open(
    const LoadSpec& spec, std::function<void()> on_work) {
  ASSIGN_OR_RETURN(ObjectUrl url, ParseObjectUrl(spec.source.path));
  if (!IsUnderAny(url, spec.roots)) {
    return PermissionDenied("'{}' is outside the allowed roots",
                            url.ToString());
  }
  ASSIGN_OR_RETURN(std::unique_ptr<ObjectStore> store,
                   ObjectStore::Open(url, spec.s3));
  ASSIGN_OR_RETURN(SnapshotListing listing, List(*store, url, spec.source));
  RETURN_IF_ERROR(CheckMarkers(listing, spec.source));
  RETURN_IF_ERROR(CheckSizes(listing.files, spec.file_bytes_max));
  return absl::WrapUnique(new ObjectFiles(std::move(listing), std::move(url),
                                          std::move(store), spec,
                                          std::move(on_work)));
}

absl::StatusOr<SnapshotListing> ObjectFiles::List(const ObjectStore& store,
                                                  const ObjectUrl& url,
                                                  const BatchSource& source) {
  SnapshotListing listing;
  // Before the list: what comes after them is then younger.
  std::string text;
  if (WantsSuccess(source)) {
    ASSIGN_OR_RETURN(listing.success, store.Find(url.path() + "/_SUCCESS"));
  }
  if (!source.manifest.empty()) {
    ASSIGN_OR_RETURN(listing.manifest,
                     store.Find(url.path() + "/" + source.manifest));
  }
  if (listing.manifest.has_value()) {
    ASSIGN_OR_RETURN(text, ReadObject(store, *listing.manifest));
    listing.manifest_sum = Xxh3(text);
  }
  ASSIGN_OR_RETURN(listing.files, store.List(url));
  listing.is_file =
      listing.files.size() == 1 && listing.files[0].path == url.path();
  if (listing.manifest.has_value()) {
    ASSIGN_OR_RETURN(const SnapshotManifest manifest,
                     ParseSnapshotManifest(source.manifest, text));
    RETURN_IF_ERROR(KeepListed(manifest, listing));
  }
  return listing;
}

ObjectFiles::ObjectFiles(SnapshotListing listing, ObjectUrl url,
                         std::unique_ptr<ObjectStore> store,
                         const LoadSpec& spec, std::function<void()> on_work)
    : SnapshotFiles(std::move(listing)),
      source_(spec.source),
      url_(std::move(url)),
      store_(std::move(store)),
      on_work_(std::move(on_work)),
      downloads_(*store_, this->files(), DownloadOptions(spec)) {}

absl::StatusOr<UniqueFd> ObjectFiles::OpenFile(const SourceFile& file) {
  while (opened_ < files().size() && files()[opened_].name != file.name) {
    ++opened_;
  }
  CHECK(opened_ < files().size());
  return downloads_.Take(opened_++, on_work_);
}

absl::Status ObjectFiles::CheckUnchanged() {
  RETURN_IF_ERROR(CheckSame(List(*store_, url_, source_)));
  // A list has whole seconds in some stores, and no ETags.
  for (size_t i = 0; i < opened_; ++i) {
    const std::string tag = downloads_.Tag(i);
    if (tag.empty()) continue;  // It could not be fetched.
    ASSIGN_OR_RETURN(const OpenObject now, store_->OpenAt(files()[i].path));
    ASSIGN_OR_RETURN(const std::string tag_now, now.Tag());
    if (tag != tag_now) return Changed(files()[i].name, "was replaced");
    on_work_();
  }
  return absl::OkStatus();
}

}  // namespace freshet
