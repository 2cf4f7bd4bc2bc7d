// SPDX-License-Identifier: Apache-2.0
#include "versions/catalog_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace freshet {
namespace {

// Whether it stands for all there is, or adds to the current version nothing
// but what is held itself.
bool RestsOnCurrent(const ViewRecord& view, const VersionRecord& version) {
  const int64_t under =
      version.manifest.base > 0 ? version.manifest.base : version.merged_over;
  if (under == 0 || under == view.current) return true;
  const VersionRecord* record = view.Find(under);
  return record != nullptr && record->IsHeld() && RestsOnCurrent(view, *record);
}

}  // namespace

const VersionRecord* ViewRecord::Find(int64_t version) const {
  const auto it = versions.find(version);
  return it == versions.end() ? nullptr : &it->second;
}

std::vector<const VersionRecord*> ViewRecord::Chain(
    const VersionRecord& record) const {
  std::vector<const VersionRecord*> chain = {&record};
  while (chain.back()->manifest.base > 0) {
    const VersionRecord* base = Find(chain.back()->manifest.base);
    if (base == nullptr) break;
    chain.push_back(base);
  }
  return chain;
}

bool ViewRecord::CanServe(const VersionRecord& record) const {
  const auto chain = Chain(record);
  return chain.back()->manifest.base == 0 &&
         record.manifest.schema.key() == schema.key() &&
         std::all_of(chain.begin(), chain.end(), [](const auto* one) {
           return one->phase == VersionRecord::Phase::kKept;
         });
}

bool ViewRecord::IsBase(int64_t version) const {
  return std::any_of(versions.begin(), versions.end(), [&](const auto& entry) {
    return entry.second.manifest.base == version;
  });
}

int64_t ViewRecord::NextBase() const {
  const VersionRecord* record = Find(current);
  const auto waits = [&](const VersionRecord& version) {
    return version.IsHeld() && version.manifest.schema.key() == schema.key();
  };
  int64_t base = 0;
  if (record != nullptr && CanServe(*record)) {
    base = current;
    // All there is, which serves once its group does.
    for (const auto& [id, version] : versions) {
      const bool next = id > base && version.waits_for_group;
      if (next && version.manifest.base == 0 && waits(version)) base = id;
    }
  } else {
    for (const auto& [id, version] : versions) {
      if (version.manifest.base == 0 && waits(version)) base = id;
    }
  }
  if (base == 0) return 0;
  // Ids rise along a chain.
  for (const auto& [id, version] : versions) {
    const bool over =
        version.manifest.base == base || version.merged_over == base;
    if (over && waits(version)) base = id;
  }
  return base;
}

std::string ViewRecord::LoadedUntil(const std::string& folder) const {
  if (NextBase() == 0) return "";  // It begins anew.
  std::string last = NameIn(folder, loaded_until);
  for (const auto& [id, version] : versions) {
    if (version.phase == VersionRecord::Phase::kPendingApproval ||
        CanServe(version)) {
      last = std::max(last, NameIn(folder, version.manifest.source));
    }
  }
  return last;
}

bool ViewRecord::IsProtected(int64_t version) const {
  const VersionRecord* record = Find(version);
  if (record == nullptr) return false;
  return version == current || record->pinned ||
         std::any_of(labels.begin(), labels.end(), [&](const auto& label) {
           return label.second == version;
         });
}

int64_t ViewRecord::Previous() const {
  for (auto it = activations.rbegin(); it != activations.rend(); ++it) {
    if (it->version == current) continue;
    const VersionRecord* record = Find(it->version);
    if (record != nullptr && CanServe(*record)) return it->version;
  }
  return 0;
}

void ViewRecord::Activate(Activation activation) {
  CHECK(Find(activation.version) != nullptr);
  current = activation.version;
  VersionRecord& served = versions.at(current);
  served.message.clear();  // It said how to serve it.
  served.waits_for_group = false;
  rebuilt = false;
  activations.push_back(std::move(activation));
  for (auto& [id, version] : versions) {
    if (!version.waits_for_group || RestsOnCurrent(*this, version)) continue;
    version.waits_for_group = false;
    version.message = fmt::format(
        "not activated: it is laid over a version that version {} took the "
        "place of",
        current);
  }
}

void ViewRecord::MarkCorrupt(int64_t version, std::string why,
                             int64_t now_micros) {
  const auto it = versions.find(version);
  CHECK(it != versions.end());
  it->second.phase = VersionRecord::Phase::kCorrupt;
  it->second.message = std::move(why);
  const VersionRecord* serving = Find(current);
  if (serving == nullptr) return;
  const auto chain = Chain(*serving);
  const auto is_it = [&](const VersionRecord* one) {
    return one == &it->second;
  };
  if (std::none_of(chain.begin(), chain.end(), is_it)) return;

  current = 0;
  const auto served_before = [&](int64_t id) {
    return std::any_of(activations.begin(), activations.end(),
                       [&](const Activation& a) { return a.version == id; });
  };
  std::pair<bool, int64_t> best{false, 0};
  for (const auto& [id, record] : versions) {
    if (!CanServe(record) || record.waits_for_group) continue;
    best = std::max(best, {served_before(id), id});
  }
  if (best.second == 0) return;
  Activate({.version = best.second,
            .at_micros = now_micros,
            .why = "fallback",
            .who = "freshetd"});
}

std::optional<int64_t> WholeUntilMicros(const ViewRecord& view) {
  if (view.rebuilt || view.current == 0) return std::nullopt;
  std::optional<int64_t> until;
  for (const auto& [id, version] : view.versions) {
    const Manifest& manifest = version.manifest;
    // What it is laid over is a version, too.
    if (manifest.base != 0) continue;
    const int64_t whole = manifest.WholeUntilMicros();
    until = std::min(until.value_or(whole), whole);
  }
  return until;
}

void EraseVersion(int64_t version, ViewRecord& view) {
  CHECK(view.versions.erase(version) == 1);
  if (view.current == version) view.current = 0;
  std::erase_if(view.labels,
                [&](const auto& label) { return label.second == version; });
}

std::string NameIn(const std::string& folder, const std::string& path) {
  if (!path.starts_with(folder + "/")) return "";
  std::string name = path.substr(folder.size() + 1);
  return name.find('/') == std::string::npos ? name : "";
}

std::string_view PhaseName(VersionRecord::Phase phase) {
  switch (phase) {
    case VersionRecord::Phase::kKept:
      return "kept";
    case VersionRecord::Phase::kPendingApproval:
      return "pending_approval";
    case VersionRecord::Phase::kCorrupt:
      return "corrupt";
  }
  CHECK(false);
}

const Manifest* CatalogState::CurrentManifest(const std::string& view) const {
  const auto found = views.find(view);
  if (found == views.end()) return nullptr;
  const VersionRecord* current = found->second.Find(found->second.current);
  return current == nullptr ? nullptr : &current->manifest;
}

}  // namespace freshet
