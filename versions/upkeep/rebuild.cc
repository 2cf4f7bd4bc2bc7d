// SPDX-License-Identifier: Apache-2.0
#include "versions/upkeep/rebuild.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
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

// Adds what the manifest of the version's directory says. False without one of
// its own, or if it is not better than an earlier fold. `damaged` gets it if a
// file is not as the manifest says.
bool AddFromManifest(const std::string& dir, const VersionFold& id,
                     std::map<int64_t, std::string>& damaged,
                     ViewRecord& record) {
  const int64_t version = id.version;
  const std::string path = VersionDir(dir, record.view, version, id.fold);
  absl::StatusOr<Manifest> manifest = ReadManifest(path);
  if (!manifest.ok() || manifest->view != record.view ||
      manifest->version != version || manifest->fold != id.fold) {
    return false;
  }
  if (record.Find(version) != nullptr) {
    if (!CheckVersionFiles(path, *manifest).ok()) return false;
    record.versions.erase(version);
    damaged.erase(version);
  }
  for (const Column& column : manifest->schema.columns()) {
    record.next_feature_id = std::max(record.next_feature_id, column.id + 1);
  }
  if (absl::Status whole = CheckVersionFiles(path, *manifest); !whole.ok()) {
    damaged.emplace(version, whole.message());
  }
  VersionRecord known;
  known.committed_micros = manifest->built_at_micros;
  known.manifest = *std::move(manifest);
  record.versions.emplace(version, std::move(known));
  return true;
}

void MarkDamaged(const std::map<int64_t, std::string>& damaged,
                 int64_t now_micros, ViewRecord& record) {
  for (const auto& [version, why] : damaged) {
    record.MarkCorrupt(version, why, now_micros);
  }
}

}  // namespace

ViewRecord RebuildView(const std::string& dir, const std::string& view,
                       const std::vector<VersionFold>& versions,
                       int64_t now_micros) {
  ViewRecord record;
  record.view = view;
  std::map<int64_t, std::string> damaged;
  for (const VersionFold& id : versions) {
    if (!AddFromManifest(dir, id, damaged, record)) continue;
    const Manifest& manifest = record.versions.at(id.version).manifest;
    record.schema = manifest.schema;  // The newest one's in the end.
    record.generation = manifest.generation;
  }
  ActivateNewest(damaged, now_micros, record);
  MarkDamaged(damaged, now_micros, record);
  record.rebuilt = true;
  return record;
}

std::vector<int64_t> AdoptVersions(const std::string& dir,
                                   const std::vector<VersionFold>& versions,
                                   int64_t now_micros, ViewRecord& record) {
  std::vector<int64_t> adopted;
  std::map<int64_t, std::string> damaged;
  std::set<int64_t> known;
  for (const auto& [version, kept] : record.versions) known.insert(version);
  for (const VersionFold& id : versions) {
    const int64_t version = id.version;
    if (known.contains(version)) continue;
    if (!AddFromManifest(dir, id, damaged, record)) continue;
    record.versions.at(version).message = fmt::format(
        "a damaged copy of the catalog may have known it; to serve it: freshet "
        "activate {} {}",
        record.view, version);
    if (adopted.empty() || adopted.back() != version) {
      adopted.push_back(version);
    }
  }
  if (record.current == 0) ActivateNewest(damaged, now_micros, record);
  MarkDamaged(damaged, now_micros, record);
  return adopted;
}

}  // namespace freshet
