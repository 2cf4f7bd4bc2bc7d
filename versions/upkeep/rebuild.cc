// SPDX-License-Identifier: Apache-2.0
#include "versions/upkeep/rebuild.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/status.h"
#include "versions/layout.h"

namespace freshet {

absl::Status CheckVersionDir(const std::string& dir, const Manifest& expected) {
  const std::string path = VersionDir(dir, expected.view, expected.version);
  if (!PathExists(path)) return DataLoss("'{}' is missing", path);
  const absl::StatusOr<Manifest> found = ReadManifest(path);
  if (absl::IsNotFound(found.status())) {
    return DataLoss("{}", std::string(found.status().message()));
  }
  RETURN_IF_ERROR(found.status());
  if (*found != expected) {
    return DataLoss("'{}' has another manifest than the catalog", path);
  }
  for (const ManifestFile& file : expected.files) {
    const std::string name = path + "/" + file.name;
    const absl::StatusOr<int64_t> bytes = FileSize(name);
    if (absl::IsNotFound(bytes.status())) {
      return DataLoss("'{}' is missing", name);
    }
    RETURN_IF_ERROR(bytes.status());
    if (*bytes != file.bytes) {
      return DataLoss("'{}' has {} bytes, the manifest says {}", name, *bytes,
                      file.bytes);
    }
  }
  return absl::OkStatus();
}

ViewRecord RebuildView(const std::string& dir, const std::string& view,
                       const std::vector<int64_t>& versions,
                       int64_t now_micros) {
  ViewRecord record;
  record.view = view;
  std::vector<std::pair<int64_t, std::string>> damaged;
  for (const int64_t version : versions) {
    absl::StatusOr<Manifest> manifest =
        ReadManifest(VersionDir(dir, view, version));
    if (!manifest.ok() || manifest->view != view ||
        manifest->version != version) {
      continue;
    }
    for (const Column& column : manifest->schema.columns()) {
      record.next_feature_id = std::max(record.next_feature_id, column.id + 1);
    }
    record.schema = manifest->schema;  // The newest one's in the end.
    record.generation = manifest->generation;
    if (absl::Status whole = CheckVersionDir(dir, *manifest); !whole.ok()) {
      damaged.emplace_back(version, std::string(whole.message()));
    }
    VersionRecord known;
    known.committed_micros = manifest->built_at_micros;
    known.manifest = *std::move(manifest);
    record.versions.emplace(version, std::move(known));
  }
  if (record.versions.empty()) return record;
  record.Activate({.version = record.versions.rbegin()->first,
                   .at_micros = now_micros,
                   .why = "rebuild",
                   .who = "freshetd"});
  for (const auto& [version, why] : damaged) {
    record.MarkCorrupt(version, why, now_micros);
  }
  return record;
}

}  // namespace freshet
