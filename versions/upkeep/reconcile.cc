// SPDX-License-Identifier: Apache-2.0
#include "versions/upkeep/reconcile.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/status.h"
#include "storage/version.h"
#include "versions/layout.h"
#include "versions/upkeep/aside.h"
#include "versions/upkeep/rebuild.h"

namespace freshet {
namespace {

// The directories of one view, by version.
struct Found {
  std::set<int64_t> whole;
  std::set<int64_t> building;
  std::set<int64_t> deleting;
  int64_t newest = 0;  // Of any kind.
};

class Reconciliation {
 public:
  Reconciliation(Catalog& catalog, const ReconcileOptions& options)
      : catalog_(catalog), options_(options) {}

  absl::StatusOr<std::vector<std::string>> Run();

 private:
  template <typename... Args>
  void Note(fmt::format_string<Args...> format, Args&&... args) {
    notes_.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  absl::Status Look();
  absl::Status LookAtView(const std::string& view);
  absl::Status RemoveBuilding();
  absl::Status SettleDeleting();
  absl::Status SetUnknownAside();
  absl::Status RebuildCatalog();
  absl::Status CheckKnown();
  bool Knows(const std::string& view, int64_t version) const;

  Catalog& catalog_;
  const ReconcileOptions& options_;
  std::map<std::string, Found> found_;
  std::vector<std::string> notes_;
};

absl::StatusOr<std::vector<std::string>> Reconciliation::Run() {
  if (!catalog_.note().empty()) Note("catalog: {}", catalog_.note());
  RETURN_IF_ERROR(Look());
  RETURN_IF_ERROR(RemoveBuilding());
  RETURN_IF_ERROR(SettleDeleting());
  if (catalog_.found()) {
    RETURN_IF_ERROR(SetUnknownAside());
    RETURN_IF_ERROR(CheckKnown());
  } else {
    RETURN_IF_ERROR(RebuildCatalog());
  }
  ASSIGN_OR_RETURN(const auto swept,
                   SweepAside(options_.dir, options_.orphan_grace_micros,
                              options_.now_micros));
  notes_.insert(notes_.end(), swept.begin(), swept.end());
  return std::move(notes_);
}

absl::Status Reconciliation::Look() {
  if (!PathExists(ViewsDir(options_.dir))) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto views, ListDir(ViewsDir(options_.dir)));
  for (const std::string& view : views) RETURN_IF_ERROR(LookAtView(view));
  return absl::OkStatus();
}

absl::Status Reconciliation::LookAtView(const std::string& view) {
  ASSIGN_OR_RETURN(const auto names, ListDir(ViewDir(options_.dir, view)));
  Found& found = found_[view];
  for (const std::string& name : names) {
    const auto parsed = ParseVersionDirName(name);
    if (!parsed.has_value()) {
      Note("view '{}': '{}' is not Freshet's, left alone", view, name);
      continue;
    }
    found.newest = std::max(found.newest, parsed->version);
    switch (parsed->kind) {
      case VersionDirKind::kVersion:
        found.whole.insert(parsed->version);
        break;
      case VersionDirKind::kBuilding:
        found.building.insert(parsed->version);
        break;
      case VersionDirKind::kDeleting:
        found.deleting.insert(parsed->version);
        break;
    }
  }
  return absl::OkStatus();
}

absl::Status Reconciliation::RemoveBuilding() {
  using std::chrono::steady_clock;
  const auto give_up =
      steady_clock::now() + std::chrono::milliseconds(options_.loader_wait_ms);
  for (const auto& [view, found] : found_) {
    for (const int64_t version : found.building) {
      const std::string dir = BuildingDir(options_.dir, view, version);
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          give_up - steady_clock::now());
      const auto lock = FileLock::AcquireWithin(
          BuildingLockPath(dir), std::max<int64_t>(left.count(), 0));
      if (absl::IsAlreadyExists(lock.status())) {
        Note("view '{}', version {}: left alone, its loader still runs: {}",
             view, version, std::string(lock.status().message()));
        continue;
      }
      RETURN_IF_ERROR(lock.status());
      RETURN_IF_ERROR(RemoveTree(dir));
      Note("view '{}', version {}: removed, its load did not end", view,
           version);
    }
  }
  return absl::OkStatus();
}

absl::Status Reconciliation::SettleDeleting() {
  for (auto& [view, found] : found_) {
    for (const int64_t version : found.deleting) {
      const std::string dir = DeletingDir(options_.dir, view, version);
      if (Knows(view, version) && !found.whole.contains(version)) {
        RETURN_IF_ERROR(
            RenameSynced(dir, VersionDir(options_.dir, view, version)));
        found.whole.insert(version);
        Note("view '{}', version {}: taken back, the catalog names it", view,
             version);
        continue;
      }
      RETURN_IF_ERROR(RemoveTree(dir));
      Note("view '{}', version {}: its deletion is finished", view, version);
    }
  }
  return absl::OkStatus();
}

absl::Status Reconciliation::SetUnknownAside() {
  for (const auto& [view, found] : found_) {
    for (const int64_t version : found.whole) {
      if (Knows(view, version)) continue;
      ASSIGN_OR_RETURN(
          const std::string to,
          SetAside(options_.dir, view, version, options_.now_micros));
      Note(
          "view '{}', version {}: the catalog does not know it, set aside "
          "as '{}'",
          view, version, to);
    }
  }
  return absl::OkStatus();
}

absl::Status Reconciliation::RebuildCatalog() {
  std::map<std::string, ViewRecord> views;
  for (const auto& [view, found] : found_) {
    if (found.newest == 0) continue;
    ViewRecord record = RebuildView(options_.dir, view,
                                    {found.whole.begin(), found.whole.end()},
                                    options_.now_micros);
    record.next_version = found.newest + kRebuildGap;
    Note("view '{}': rebuilt from its manifests: {} versions, current is {}",
         view, record.versions.size(), record.current);
    views.emplace(view, std::move(record));
  }
  if (views.empty()) return absl::OkStatus();  // A new directory.
  return catalog_.Commit([&](CatalogState& state) {
    state.views = views;
    return absl::OkStatus();
  });
}

absl::Status Reconciliation::CheckKnown() {
  const Catalog::StatePtr before = catalog_.state();
  std::vector<std::pair<std::string, Manifest>> damaged;
  std::vector<std::string> why;
  bool numbers = false;
  for (const auto& [view, record] : before->views) {
    const auto found = found_.find(view);
    numbers = numbers || (found != found_.end() &&
                          found->second.newest >= record.next_version);
    for (const auto& [version, known] : record.versions) {
      if (known.phase == VersionRecord::Phase::kCorrupt) continue;
      const absl::Status whole = CheckVersionFiles(
          VersionDir(options_.dir, view, version), known.manifest);
      if (whole.ok()) continue;
      if (!absl::IsDataLoss(whole)) {  // Opening it will tell.
        Note("view '{}', version {}: cannot be checked: {}", view, version,
             whole.ToString());
        continue;
      }
      damaged.emplace_back(view, known.manifest);
      why.emplace_back(whole.message());
      Note("view '{}', version {}: corrupt: {}", view, version, why.back());
    }
  }
  if (damaged.empty() && !numbers) return absl::OkStatus();
  return catalog_.Commit([&](CatalogState& state) {
    for (size_t i = 0; i < damaged.size(); ++i) {
      state.views.at(damaged[i].first)
          .MarkCorrupt(damaged[i].second.version, why[i], options_.now_micros);
    }
    for (auto& [view, record] : state.views) {
      const auto found = found_.find(view);
      if (found == found_.end()) continue;
      record.next_version =
          std::max(record.next_version, found->second.newest + 1);
    }
    return absl::OkStatus();
  });
}

bool Reconciliation::Knows(const std::string& view, int64_t version) const {
  const Catalog::StatePtr state = catalog_.state();
  const auto it = state->views.find(view);
  return it != state->views.end() && it->second.Find(version) != nullptr;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> Reconcile(
    Catalog& catalog, const ReconcileOptions& options) {
  return Reconciliation(catalog, options).Run();
}

}  // namespace freshet
