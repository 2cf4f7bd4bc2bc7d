// SPDX-License-Identifier: Apache-2.0
#include "loader/remote/object_files.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/memory/memory.h"
#include "base/check.h"
#include "base/error.h"
#include "base/status.h"

namespace freshet {
namespace {

absl::Status CheckSuccess(const ObjectStore& store, const ObjectUrl& url) {
  ASSIGN_OR_RETURN(const std::optional<SourceFile> there,
                   store.Find(url.path() + "/_SUCCESS"));
  if (there.has_value()) return absl::OkStatus();
  return FailedPrecondition(
      "'{}' has no `_SUCCESS`: its job has not ended; load it when it has, or "
      "set require_success: false",
      url.ToString());
}

absl::Status CheckSizes(const std::vector<SourceFile>& files, int64_t max) {
  for (const SourceFile& file : files) {
    if (max <= 0 || file.bytes <= max) continue;
    return InvalidArgument(
        "object '{}' has {} bytes, settings.load.file_max is {}", file.name,
        file.bytes, max);
  }
  return absl::OkStatus();
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
  ASSIGN_OR_RETURN(std::vector<SourceFile> files, store->List(url));
  const bool is_object = files.size() == 1 && files[0].path == url.path();
  if (spec.source.require_success && !is_object) {
    RETURN_IF_ERROR(CheckSuccess(*store, url));
  }
  RETURN_IF_ERROR(CheckSizes(files, spec.file_bytes_max));
  return absl::WrapUnique(new ObjectFiles(std::move(files), std::move(url),
                                          std::move(store), spec,
                                          std::move(on_work)));
}

ObjectFiles::ObjectFiles(std::vector<SourceFile> files, ObjectUrl url,
                         std::unique_ptr<ObjectStore> store,
                         const LoadSpec& spec, std::function<void()> on_work)
    : SnapshotFiles(std::move(files)),
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
  RETURN_IF_ERROR(CheckSame(store_->List(url_)));
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
