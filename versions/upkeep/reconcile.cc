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
#include "versions/upkeep/settle_folds.h"

namespace freshet {
namespace {

// The directories of one view, by version.
struct Found {
  std::set<VersionFold> whole;
  std::set<VersionFold> building;
  std::set<VersionFold> deleting;
  int64_t newest = 0;  // Of any kind.
};

class Reconciliation {
 public:
  Reconciliation(Catalog& catalog, const ReconcileOptions& options)
      : catalog_(catalog), options_(options) {}

  absl::StatusOr<std::vector<StartNote>> Run();

 private:
  template <typename... Args>
  void Note(fmt::format_string<Args...> format, Args&&... args) {
    notes_.push_back({fmt::format(format, std::forward<Args>(args)...)});
  }
  template <typename... Args>
  void NoteDamage(fmt::format_string<Args...> format, Args&&... args) {
    Note(format, std::forward<Args>(args)...);
    notes_.back().is_damage = true;
  }

  absl::Status CheckMounted() const;
  absl::Status Look();
  absl::Status LookAtView(const std::string& view);
  void RemoveBuilding();
  void RemoveBuilding(const std::string& view, const VersionFold& id,
                      int64_t wait_ms);
  bool RaiseNumbers();
  void SettleDeleting();
  void SettleDeleting(const std::string& view, const VersionFold& id,
                      Found& found);
  void SettleFolds();
  void SetUnknownAside();
  bool AdoptUnknown();
  absl::Status RebuildCatalog();
  void CheckKnown();
  // As the catalog has it; null: it does not know it.
  const VersionRecord* Known(const std::string& view, int64_t version) const;

  Catalog& catalog_;
  const ReconcileOptions& options_;
  std::map<std::string, Found> found_;
  std::vector<StartNote> notes_;
};

absl::StatusOr<std::vector<StartNote>> Reconciliation::Run() {
  if (!catalog_.note().empty()) NoteDamage("catalog: {}", catalog_.note());
  RETURN_IF_ERROR(CheckMounted());
  RETURN_IF_ERROR(Look());
  RemoveBuilding();  // First: it makes room on a full disk.
  if (catalog_.found()) {
    // What nobody has counted yet stays for the next start to see.
    // Adopted in the first commit: it is written over the damaged copy, and the
    // next start would not know that there was one.
    const bool settled = catalog_.note().empty() || AdoptUnknown();
    if (settled && RaiseNumbers()) {
      SettleDeleting();
      SettleFolds();
      SetUnknownAside();
    }
    CheckKnown();
  } else {
    SettleDeleting();
    RETURN_IF_ERROR(RebuildCatalog());
    SettleFolds();
  }
  const auto swept = SweepAside(options_.dir, options_.orphan_grace_micros,
                                options_.now_micros);
  if (swept.ok()) {
    for (const std::string& note : *swept) Note("{}", note);
  } else {
    Note("what was set aside stays: {}", std::string(swept.status().message()));
  }
  return std::move(notes_);
}

// Without this, a disk that is mounted late makes every version corrupt.
absl::Status Reconciliation::CheckMounted() const {
  if (PathExists(ViewsDir(options_.dir))) return absl::OkStatus();
  size_t versions = 0;
  const Catalog::StatePtr state = catalog_.state();
  for (const auto& [view, record] : state->views) {
    versions += record.versions.size();
  }
  if (versions == 0) return absl::OkStatus();
  return FailedPrecondition(
      "'{}' is missing and the catalog names {} versions in it; is a disk not "
      "mounted? To begin anew without them, move '{}' away",
      ViewsDir(options_.dir), versions, options_.dir);
}

absl::Status Reconciliation::Look() {
  if (!PathExists(ViewsDir(options_.dir))) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto views, ListDir(ViewsDir(options_.dir)));
  for (const std::string& view : views) {
    // One entry in trouble is no reason not to serve the others.
    if (const absl::Status looked = LookAtView(view); !looked.ok()) {
      Note("'{}' is left alone: {}", view, std::string(looked.message()));
    }
  }
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
    found.newest = std::max(found.newest, parsed->id.version);
    switch (parsed->kind) {
      case VersionDirKind::kVersion:
        found.whole.insert(parsed->id);
        break;
      case VersionDirKind::kBuilding:
        found.building.insert(parsed->id);
        break;
      case VersionDirKind::kDeleting:
        found.deleting.insert(parsed->id);
        break;
    }
  }
  return absl::OkStatus();
}

void Reconciliation::RemoveBuilding() {
  using std::chrono::steady_clock;
  const auto give_up =
      steady_clock::now() + std::chrono::milliseconds(options_.loader_wait_ms);
  for (const auto& [view, found] : found_) {
    for (const VersionFold& id : found.building) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          give_up - steady_clock::now());
      RemoveBuilding(view, id, std::max<int64_t>(left.count(), 0));
    }
  }
}

void Reconciliation::RemoveBuilding(const std::string& view,
                                    const VersionFold& id, int64_t wait_ms) {
  const int64_t version = id.version;
  const std::string dir = BuildingDir(options_.dir, view, version, id.fold);
  const std::string path = BuildingLockPath(dir);
  absl::Status done;
  // A loader that never made its lock never wrote. Making one here would need
  // room that a full disk has not, and that this removal makes.
  absl::StatusOr<FileLock> lock = absl::NotFoundError("");
  if (PathExists(path)) {
    lock = FileLock::AcquireWithin(path, wait_ms);
    done = lock.status();
  }
  if (done.ok()) done = RemoveTree(dir);
  if (done.ok()) {
    Note("view '{}', version {}: removed, its load did not end", view, version);
  } else if (absl::IsAlreadyExists(done)) {
    Note("view '{}', version {}: left alone, its loader still runs: {}", view,
         version, std::string(done.message()));
  } else {
    Note("view '{}', version {}: its load did not end, it stays: {}", view,
         version, std::string(done.message()));
  }
}

// No id on disk is given out again. False: that could not be written down.
bool Reconciliation::RaiseNumbers() {
  const auto raise = [&](CatalogState& state) {
    bool raised = false;
    for (auto& [view, record] : state.views) {
      const auto found = found_.find(view);
      if (found == found_.end()) continue;
      if (found->second.newest < record.next_version) continue;
      record.next_version = found->second.newest + 1;
      raised = true;
    }
    return raised;
  };
  CatalogState now = *catalog_.state();
  if (!raise(now)) return true;
  const absl::Status done = catalog_.Commit([&](CatalogState& state) {
    raise(state);
    return absl::OkStatus();
  });
  if (!done.ok()) Note("the catalog stays: {}", std::string(done.message()));
  return done.ok();
}

void Reconciliation::SettleDeleting() {
  for (auto& [view, found] : found_) {
    for (const VersionFold& id : found.deleting) {
      SettleDeleting(view, id, found);
    }
  }
}

void Reconciliation::SettleDeleting(const std::string& view,
                                    const VersionFold& id, Found& found) {
  const int64_t version = id.version;
  const std::string dir = DeletingDir(options_.dir, view, version, id.fold);
  const VersionRecord* known = Known(view, version);
  const bool wanted = known != nullptr && known->manifest.fold == id.fold &&
                      !found.whole.contains(id);
  const absl::Status done =
      wanted
          ? RenameSynced(dir, VersionDir(options_.dir, view, version, id.fold))
          : RemoveTree(dir);
  if (!done.ok()) {
    Note("view '{}', version {}: '{}' stays: {}", view, version, dir,
         std::string(done.message()));
  } else if (wanted) {
    found.whole.insert(id);
    Note("view '{}', version {}: taken back, the catalog names it", view,
         version);
  } else {
    Note("view '{}', version {}: its deletion is finished", view, version);
  }
}

void Reconciliation::SettleFolds() {
  for (auto& [view, found] : found_) {
    for (const std::string& note :
         freshet::SettleFolds(catalog_, options_.dir, view, found.whole)) {
      Note("{}", note);
    }
  }
}

void Reconciliation::SetUnknownAside() {
  for (const auto& [view, found] : found_) {
    for (const VersionFold& id : found.whole) {
      const int64_t version = id.version;
      if (Known(view, version) != nullptr) continue;
      const absl::StatusOr<std::string> to =
          SetAside(options_.dir, view, id, options_.now_micros);
      if (to.ok()) {
        Note(
            "view '{}', version {}: the catalog does not know it, set aside "
            "as '{}'",
            view, version, *to);
      } else {
        Note(
            "view '{}', version {}: the catalog does not know it, it stays: {}",
            view, version, std::string(to.status().message()));
      }
    }
  }
}

// False: it could not be written down, so what is unknown must stay.
bool Reconciliation::AdoptUnknown() {
  CatalogState next = *catalog_.state();
  bool changed = false;
  for (const auto& [view, found] : found_) {
    const auto known = next.views.find(view);
    if (known == next.views.end()) continue;
    const std::vector<int64_t> adopted =
        AdoptVersions(options_.dir, {found.whole.begin(), found.whole.end()},
                      options_.now_micros, known->second);
    for (const int64_t version : adopted) {
      changed = true;
      NoteDamage(
          "view '{}', version {}: kept, though the copy of the catalog that is "
          "left does not know it; current is {}",
          view, version, known->second.current);
    }
  }
  if (!changed) return true;
  const absl::Status done = catalog_.Commit([&](CatalogState& state) {
    state.views = next.views;
    return absl::OkStatus();
  });
  if (!done.ok()) Note("the catalog stays: {}", std::string(done.message()));
  return done.ok();
}

absl::Status Reconciliation::RebuildCatalog() {
  std::map<std::string, ViewRecord> views;
  for (const auto& [view, found] : found_) {
    if (found.newest == 0) continue;
    ViewRecord record = RebuildView(options_.dir, view,
                                    {found.whole.begin(), found.whole.end()},
                                    options_.now_micros);
    record.next_version = found.newest + kRebuildGap;
    NoteDamage(
        "view '{}': rebuilt from its manifests: {} versions, current is "
        "{}",
        view, record.versions.size(), record.current);
    views.emplace(view, std::move(record));
  }
  if (views.empty()) return absl::OkStatus();  // A new directory.
  if (const std::string audit = AuditPath(options_.dir); PathExists(audit)) {
    NoteDamage(
        "what was forgotten is known no more, and versions may answer with it: "
        "forget again what '{}' has as 'forget' and not as 'erased'",
        audit);
  }
  return catalog_.Commit([&](CatalogState& state) {
    state.views = views;
    return absl::OkStatus();
  });
}

void Reconciliation::CheckKnown() {
  const Catalog::StatePtr before = catalog_.state();
  std::vector<std::pair<std::string, Manifest>> damaged;
  std::vector<std::string> why;
  for (const auto& [view, record] : before->views) {
    for (const auto& [version, known] : record.versions) {
      if (known.phase == VersionRecord::Phase::kCorrupt) continue;
      const absl::Status whole = CheckVersionFiles(
          VersionDir(options_.dir, view, version, known.manifest.fold),
          known.manifest);
      if (whole.ok()) continue;
      if (!absl::IsDataLoss(whole)) {  // Opening it will tell.
        Note("view '{}', version {}: cannot be checked: {}", view, version,
             whole.ToString());
        continue;
      }
      damaged.emplace_back(view, known.manifest);
      why.emplace_back(whole.message());
      NoteDamage("view '{}', version {}: corrupt: {}", view, version,
                 why.back());
    }
  }
  if (damaged.empty()) return;
  const absl::Status done = catalog_.Commit([&](CatalogState& state) {
    for (size_t i = 0; i < damaged.size(); ++i) {
      state.views.at(damaged[i].first)
          .MarkCorrupt(damaged[i].second.version, why[i], options_.now_micros);
    }
    return absl::OkStatus();
  });
  // A full disk: what is damaged will not open, so nothing wrong is served.
  if (!done.ok()) Note("the catalog stays: {}", std::string(done.message()));
}

const VersionRecord* Reconciliation::Known(const std::string& view,
                                           int64_t version) const {
  const Catalog::StatePtr state = catalog_.state();
  const auto it = state->views.find(view);
  // Nobody commits but this.
  return it == state->views.end() ? nullptr : it->second.Find(version);
}

}  // namespace

absl::StatusOr<std::vector<StartNote>> Reconcile(
    Catalog& catalog, const ReconcileOptions& options) {
  return Reconciliation(catalog, options).Run();
}

}  // namespace freshet
