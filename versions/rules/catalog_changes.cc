// SPDX-License-Identifier: Apache-2.0
#include "versions/rules/catalog_changes.h"

#include <fmt/format.h>

namespace freshet {
namespace {

using Phase = VersionRecord::Phase;

void AddVersions(const ViewRecord& before, const ViewRecord& after,
                 std::vector<CatalogChange>& out) {
  for (const auto& [id, version] : before.versions) {
    const VersionRecord* now = after.Find(id);
    if (now == nullptr) {
      out.push_back({false, fmt::format("view '{}': version {} is deleted",
                                        before.view, id)});
    } else if (now->phase == Phase::kCorrupt &&
               version.phase != Phase::kCorrupt) {
      out.push_back({true, fmt::format("view '{}': version {} is corrupt: {}",
                                       before.view, id, now->message)});
    }
  }
}

void AddFallbacks(const ViewRecord& before, const ViewRecord& after,
                  std::vector<CatalogChange>& out) {
  for (size_t i = before.activations.size(); i < after.activations.size();
       ++i) {
    const Activation& activation = after.activations[i];
    if (activation.why != "fallback") continue;
    out.push_back({true, fmt::format("view '{}': falls back to version {}",
                                     after.view, activation.version)});
  }
  if (before.current != 0 && after.current == 0 && !after.removed) {
    out.push_back(
        {true, fmt::format("view '{}': no version is left that can serve",
                           after.view)});
  }
}

}  // namespace

std::vector<CatalogChange> ChangesOf(const CatalogState& before,
                                     const CatalogState& after) {
  std::vector<CatalogChange> out;
  for (const auto& [name, view] : before.views) {
    const auto now = after.views.find(name);
    if (now == after.views.end()) continue;  // Views are never forgotten.
    AddVersions(view, now->second, out);
    AddFallbacks(view, now->second, out);
  }
  return out;
}

}  // namespace freshet
