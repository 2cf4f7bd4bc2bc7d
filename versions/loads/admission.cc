// SPDX-License-Identifier: Apache-2.0
#include "versions/loads/admission.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/status.h"
#include "config/object_url.h"
#include "storage/snapshot_walk.h"

namespace freshet {
namespace {

// Without a version to go by: a compressed snapshot grows, and is on disk once
// as sorted runs and once as the version.
constexpr double kGrowthUnknown = 3;
// Of a loader beyond its rows, at the least.
constexpr int64_t kLoaderBytes = 128 << 20;
// A version to go by may still be unlike the new one.
constexpr double kMargin = 1.2;

int64_t BytesOf(const Manifest& manifest) {
  int64_t bytes = 0;
  for (const ManifestFile& file : manifest.files) bytes += file.bytes;
  return bytes;
}

double RowBytesOf(const Manifest& manifest) {
  return static_cast<double>(manifest.key_bytes + manifest.row_bytes);
}

// How much larger the snapshot is than that of the version before; 0: unknown.
double ScaleOf(int64_t source_bytes, const Manifest* before) {
  if (before == nullptr || before->source_bytes <= 0) return 0;
  return static_cast<double>(source_bytes) /
         static_cast<double>(before->source_bytes);
}

int64_t RowsUnknown(int64_t source_bytes) {
  return static_cast<int64_t>(static_cast<double>(source_bytes) *
                              kGrowthUnknown);
}

// What VersionActions::DeleteOldest could free, called until it finds nothing.
int64_t DeletableBytes(const CatalogState& state) {
  int64_t bytes = 0;
  for (const auto& [name, view] : state.views) {
    for (const auto& [id, version] : view.versions) {
      if (version.IsHeld() || view.IsProtected(id)) continue;
      bytes += BytesOf(version.manifest);
    }
  }
  return bytes;
}

}  // namespace

bool LoaderSaysSize(const BatchSource& source, const std::string& path) {
  return IsUrl(path) || !source.manifest.empty();
}

absl::StatusOr<SnapshotSize> SizeOfSnapshot(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    return InvalidArgument("there is no snapshot at '{}'", path);
  }
  if (!fs::is_directory(status)) {
    ASSIGN_OR_RETURN(const int64_t bytes, FileSize(path));
    return SnapshotSize{bytes, bytes};
  }
  SnapshotSize total;
  const auto add = [&total](const std::string& entry, const std::string&)
      -> absl::StatusOr<std::optional<std::string>> {
    // What is gone since it was listed, or leads nowhere: the loader will say.
    std::error_code gone;
    if (fs::is_directory(entry, gone)) return entry;
    if (!fs::is_regular_file(entry, gone)) return std::nullopt;
    const auto bytes = static_cast<int64_t>(fs::file_size(entry, gone));
    if (gone) return std::nullopt;
    total.bytes += bytes;
    total.largest_file_bytes = std::max(total.largest_file_bytes, bytes);
    return std::nullopt;
  };
  RETURN_IF_ERROR(WalkSnapshot(path, add));
  return total;
}

int64_t EstimateLoadBytes(int64_t source_bytes, const Manifest* before,
                          int64_t sort_buffer_bytes) {
  const double scale = ScaleOf(source_bytes, before);
  if (scale == 0) return RowsUnknown(source_bytes);
  const double built = scale * static_cast<double>(BytesOf(*before));
  const double rows = scale * RowBytesOf(*before);
  // Rows that fit the sort buffer are never spilled.
  const double runs = rows > static_cast<double>(sort_buffer_bytes) ? rows : 0;
  return static_cast<int64_t>((built + runs) * kMargin);
}

int64_t EstimateLoadMemory(int64_t source_bytes, const Manifest* before,
                           int64_t sort_buffer_bytes, int64_t layers_bytes) {
  const double scale = ScaleOf(source_bytes, before);
  int64_t rows = RowsUnknown(source_bytes);
  int64_t opened = 0;
  if (scale > 0) {
    rows = static_cast<int64_t>(scale * RowBytesOf(*before) * kMargin);
    for (const ManifestFile& file : before->files) opened += file.tail_bytes;
    opened = static_cast<int64_t>(scale * static_cast<double>(opened));
  }
  return kLoaderBytes + std::min(rows, sort_buffer_bytes) + layers_bytes +
         opened;
}

absl::Status CheckMemory(const FreeMemory& free_memory, int64_t bytes) {
  if (!free_memory) return absl::OkStatus();
  ASSIGN_OR_RETURN(const int64_t free, free_memory());
  if (free >= bytes) return absl::OkStatus();
  return ResourceExhausted(
      "the load needs about {} bytes of memory, {} are free; it is tried when "
      "there is more, or with less: settings.load.sort_buffer and "
      "settings.storage.block_cache",
      bytes, free);
}

DiskAdmission::DiskAdmission(Parts parts) : parts_(std::move(parts)) {}

absl::StatusOr<int64_t> DiskAdmission::Free(const std::string& id) const {
  ASSIGN_OR_RETURN(int64_t free, parts_.free_bytes ? parts_.free_bytes()
                                                   : FreeBytes(parts_.dir));
  free -= parts_.reserve_bytes;
  for (const auto& [other, share] : shares_) {
    if (other != id)
      free -= std::max<int64_t>(0, share.admitted - share.written);
  }
  return free;
}

absl::Status DiskAdmission::Admit(const std::string& id, int64_t bytes) {
  MutexLock lock(mu_);
  ASSIGN_OR_RETURN(int64_t free, Free(id));
  const int64_t deletable = DeletableBytes(*parts_.catalog->state());
  while (free < bytes && free + deletable >= bytes) {
    const absl::Status deleted = parts_.actions->DeleteOldest();
    if (absl::IsNotFound(deleted)) break;
    RETURN_IF_ERROR(deleted);
    ASSIGN_OR_RETURN(free, Free(id));
  }
  if (free < bytes) {
    return ResourceExhausted(
        "the load needs about {} bytes of disk, {} are free in '{}' beyond "
        "settings.storage.disk_reserve ({} bytes) and other loads; delete old "
        "versions (`freshet versions`) or grow the disk",
        bytes, std::max<int64_t>(free, 0), parts_.dir, parts_.reserve_bytes);
  }
  shares_[id] = {.admitted = bytes, .written = 0};
  return absl::OkStatus();
}

void DiskAdmission::Wrote(const std::string& id, int64_t bytes) {
  MutexLock lock(mu_);
  const auto share = shares_.find(id);
  if (share != shares_.end()) share->second.written = bytes;
}

void DiskAdmission::Release(const std::string& id) {
  MutexLock lock(mu_);
  shares_.erase(id);
}

}  // namespace freshet
