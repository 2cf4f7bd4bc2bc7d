// SPDX-License-Identifier: Apache-2.0
#include "versions/upkeep/rebuild.h"

#include <algorithm>
#include <map>
#include <utility>

#include "storage/version.h"
#include "versions/layout.h"
#include "versions/loads/guards.h"

namespace freshet {
namespace {

// Goes through the versions as if they were loaded again, one after the other.
// What a guard held then it holds now, by the default settings: those of the
// view are lost. What was loaded without being activated nobody knows.
void ActivateNewest(const std::map<int64_t, std::string>& damaged,
                    int64_t now_micros, ViewRecord& record) {
  int64_t newest = 0;
  for (auto& [id, version] : record.versions) {
    if (damaged.contains(id) || !record.CanServe(version)) continue;
    const VersionRecord* before = record.Find(newest);
    if (before != nullptr) {
      version.message = HoldReason(version.manifest, &before->manifest, {});
      if (!version.message.empty()) {
        version.phase = VersionRecord::Phase::kPendingApproval;
        continue;
      }
      if (version.manifest.as_of_micros < before->manifest.as_of_micros) {
        continue;
      }
    }
    newest = id;
  }
  if (newest == 0) return;
  record.Activate({.version = newest,
                   .at_micros = now_micros,
                   .why = "rebuild",
                   .who = "freshetd"});
}

}  // namespace

ViewRecord RebuildView(const std::string& dir, const std::string& view,
                       const std::vector<int64_t>& versions,
                       int64_t now_micros) {
  ViewRecord record;
  record.view = view;
  std::map<int64_t, std::string> damaged;
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
      damaged.emplace(version, whole.message());
    }
    VersionRecord known;
    known.committed_micros = manifest->built_at_micros;
    known.manifest = *std::move(manifest);
    record.versions.emplace(version, std::move(known));
  }
  ActivateNewest(damaged, now_micros, record);
  for (const auto& [version, why] : damaged) {
    record.MarkCorrupt(version, why, now_micros);
  }
  record.rebuilt = true;
  return record;
}

}  // namespace freshet
