// SPDX-License-Identifier: Apache-2.0
#include "versions/upkeep/rebuild.h"

#include <algorithm>
#include <utility>

#include "storage/version.h"
#include "versions/layout.h"

namespace freshet {

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
    if (absl::Status whole =
            CheckVersionFiles(VersionDir(dir, view, version), *manifest);
        !whole.ok()) {
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
