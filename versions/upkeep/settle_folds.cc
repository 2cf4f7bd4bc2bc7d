// SPDX-License-Identifier: Apache-2.0
#include "versions/upkeep/settle_folds.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/status.h"
#include "storage/manifest.h"
#include "storage/version.h"

namespace freshet {
namespace {

absl::StatusOr<Manifest> ReadWhole(const std::string& dir,
                                   const std::string& view,
                                   const VersionFold& id) {
  const std::string path = VersionDir(dir, view, id.version, id.fold);
  ASSIGN_OR_RETURN(Manifest manifest, ReadManifest(path));
  if (manifest.view != view || manifest.version != id.version ||
      manifest.fold != id.fold) {
    return DataLoss("its manifest is another's");
  }
  RETURN_IF_ERROR(CheckVersionFiles(path, manifest));
  return manifest;
}

absl::Status Take(Catalog& catalog, const std::string& dir,
                  const std::string& view, const VersionFold& id) {
  ASSIGN_OR_RETURN(const Manifest manifest, ReadWhole(dir, view, id));
  return catalog.Commit([&](CatalogState& state) {
    state.views.at(view).versions.at(id.version).manifest = manifest;
    return absl::OkStatus();
  });
}

}  // namespace

std::vector<std::string> SettleFolds(Catalog& catalog, const std::string& dir,
                                     const std::string& view,
                                     std::set<VersionFold>& whole) {
  std::vector<std::string> notes;
  const std::set<VersionFold> found = whole;
  for (const VersionFold& id : found) {
    const Catalog::StatePtr state = catalog.state();
    const auto record = state->views.find(view);
    if (record == state->views.end()) return notes;
    const VersionRecord* known = record->second.Find(id.version);
    if (known == nullptr || known->manifest.fold == id.fold) continue;
    const bool named = whole.contains({id.version, known->manifest.fold});
    const absl::Status done =
        named ? RemoveVersionDir(dir, view, id.version, id.fold)
              : Take(catalog, dir, view, id);
    if (named && done.ok()) whole.erase(id);
    notes.push_back(fmt::format(
        "view '{}', version {}: fold {} is {}, {}", view, id.version, id.fold,
        named ? "not the one that serves" : "all there is of it",
        !done.ok() ? std::string(done.message())
                   : (named ? "removed" : "taken")));
  }
  return notes;
}

}  // namespace freshet
