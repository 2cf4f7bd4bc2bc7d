// SPDX-License-Identifier: Apache-2.0
#include "versions/version_actions.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/status.h"
#include "versions/groups/snapshot_groups.h"
#include "versions/layout.h"
#include "versions/rules/version_checks.h"
#include "versions/serving_parts/version_opener.h"
#include "versions/upkeep/retention.h"

namespace freshet {

namespace {

// With what waited only for the version that is approved.
void TakeApproved(const Activation& approval, ViewRecord& view) {
  Activation next = approval;
  for (auto& [id, version] : view.versions) {  // Ids rise along a chain.
    const bool over = version.manifest.base == next.version &&
                      version.waits_for_base &&
                      version.phase == VersionRecord::Phase::kPendingApproval;
    if (id != approval.version && !over) continue;
    version.phase = VersionRecord::Phase::kKept;
    version.waits_for_base = false;
    version.message.clear();
    next.version = id;
    if (version.run.empty()) {
      view.Activate(next);
    } else {
      version.waits_for_group = true;
    }
  }
}

// Ids of a version and of all that is laid over it.
std::vector<int64_t> WithThoseOver(const ViewRecord& view, int64_t version) {
  std::vector<int64_t> ids = {version};
  for (const auto& [id, record] : view.versions) {
    const auto base = std::find(ids.begin(), ids.end(), record.manifest.base);
    if (base != ids.end()) ids.push_back(id);
  }
  return ids;
}

}  // namespace

VersionActions::VersionActions(std::string dir, Catalog& catalog,
                               Publisher& publisher, const Clock& clock)
    : dir_(std::move(dir)),
      catalog_(catalog),
      publisher_(publisher),
      clock_(clock) {}

absl::Status VersionActions::Activate(const std::string& view, int64_t version,
                                      const std::string& who,
                                      const Wait& wait) {
  RETURN_IF_ERROR(ClearDamage(view, version));
  return MakeCurrent(view,
                     {.version = version,
                      .at_micros = clock_.NowMicros(),
                      .why = "activate",
                      .who = who},
                     wait);
}

// What was damaged may be whole again: a disk that was not mounted, a file that
// was copied back.
absl::Status VersionActions::ClearDamage(const std::string& view,
                                         int64_t version) {
  const Catalog::StatePtr state = catalog_.state();
  ASSIGN_OR_RETURN(const ViewRecord* const record, FindView(*state, view));
  ASSIGN_OR_RETURN(const VersionRecord* const found,
                   FindVersion(*record, version));
  if (found->phase != VersionRecord::Phase::kCorrupt) return absl::OkStatus();
  if (const absl::Status whole = publisher_.Verify(*record, found->manifest);
      !whole.ok()) {
    return FailedPrecondition(
        "view '{}': version {} is corrupt: {}; load the snapshot again", view,
        version, std::string(whole.message()));
  }
  return catalog_.Commit([&](CatalogState& next) -> absl::Status {
    const auto it = next.views.find(view);
    if (it == next.views.end()) return FindView(next, view).status();
    RETURN_IF_ERROR(FindVersion(it->second, version).status());
    VersionRecord& cleared = it->second.versions.at(version);
    if (cleared.phase == VersionRecord::Phase::kCorrupt) {
      cleared.phase = VersionRecord::Phase::kKept;
      cleared.message.clear();
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<int64_t> VersionActions::Rollback(const std::string& view,
                                                 const std::string& who) {
  const Catalog::StatePtr state = catalog_.state();
  ASSIGN_OR_RETURN(const ViewRecord* const record, FindView(*state, view));
  const int64_t version = record->Previous();
  if (version == 0) {
    return FailedPrecondition(
        "view '{}' has no earlier version to roll back to; there is: {}", view,
        VersionsOf(*record));
  }
  RETURN_IF_ERROR(MakeCurrent(view,
                              {.version = version,
                               .at_micros = clock_.NowMicros(),
                               .why = "rollback",
                               .who = who},
                              /*wait=*/nullptr));
  return version;
}

absl::Status VersionActions::Pin(const std::string& view, int64_t version,
                                 bool pinned) {
  return Change(view, [&](ViewRecord& record, CatalogState&) -> absl::Status {
    ASSIGN_OR_RETURN(const VersionRecord* const found,
                     FindVersion(record, version));
    if (pinned && found->phase == VersionRecord::Phase::kCorrupt) {
      return CheckServes(record, *found);
    }
    record.versions.at(version).pinned = pinned;
    return absl::OkStatus();
  });
}

absl::Status VersionActions::SetLabel(const std::string& view,
                                      const std::string& label,
                                      int64_t version) {
  RETURN_IF_ERROR(CheckLabel(label));
  return Change(view, [&](ViewRecord& record, CatalogState&) -> absl::Status {
    if (version == 0) {
      if (record.labels.erase(label) > 0) return absl::OkStatus();
      return NotFound("view '{}' has no label '{}'", view, label);
    }
    ASSIGN_OR_RETURN(const VersionRecord* const found,
                     FindVersion(record, version));
    RETURN_IF_ERROR(CheckServes(record, *found));
    record.labels[label] = version;
    return absl::OkStatus();
  });
}

absl::Status VersionActions::Approve(const std::string& view, int64_t version,
                                     const std::string& who, const Wait& wait) {
  const Catalog::StatePtr state = catalog_.state();
  ASSIGN_OR_RETURN(const ViewRecord* const record, FindView(*state, view));
  ASSIGN_OR_RETURN(const VersionRecord* const found,
                   FindVersion(*record, version));
  RETURN_IF_ERROR(CheckHeld(*record, *found));
  return MakeCurrent(view,
                     {.version = version,
                      .at_micros = clock_.NowMicros(),
                      .why = "approve",
                      .who = who},
                     wait);
}

absl::StatusOr<std::vector<int64_t>> VersionActions::Reject(
    const std::string& view, int64_t version) {
  return Erase(
      view,
      [&](const ViewRecord& record) -> absl::StatusOr<std::vector<int64_t>> {
        ASSIGN_OR_RETURN(const VersionRecord* const found,
                         FindVersion(record, version));
        RETURN_IF_ERROR(CheckHeld(record, *found));
        return WithThoseOver(record, version);
      });
}

absl::Status VersionActions::Delete(const std::string& view, int64_t version) {
  const auto choose =
      [&](const ViewRecord& record) -> absl::StatusOr<std::vector<int64_t>> {
    ASSIGN_OR_RETURN(const VersionRecord* const found,
                     FindVersion(record, version));
    RETURN_IF_ERROR(CheckUnprotected(record, *found));
    return std::vector<int64_t>{version};
  };
  return Erase(view, choose).status();
}

absl::Status VersionActions::ApplyRetention(const std::string& view) {
  const auto definitions = publisher_.definitions();
  const BatchFeatureView* definition = definitions->FindView(view);
  const auto choose =
      [&](const ViewRecord& record) -> absl::StatusOr<std::vector<int64_t>> {
    // Definitions that are not known are no word to delete on.
    if (definition == nullptr && !record.removed) return std::vector<int64_t>{};
    return ExpiredVersions(
        record, definition == nullptr ? Retention{} : definition->retention,
        clock_.NowMicros());
  };
  return Erase(view, choose).status();
}

absl::Status VersionActions::DeleteOldest() {
  const auto oldest = OldestVersion(*catalog_.state());
  if (!oldest.has_value()) {
    return NotFound(
        "every version is current, pinned, labelled or waits for approval");
  }
  return Delete(oldest->first, oldest->second);
}

// Each holds a thread of the admin port for up to a minute.
absl::Status VersionActions::BeginReadAhead(const std::string& view) {
  MutexLock lock(mu_);
  if (reading_ahead_.contains(view)) {
    return ResourceExhausted(
        "view '{}': rows of a version are being read ahead of its activation "
        "already; try again when that has ended, or with --now",
        view);
  }
  if (reading_ahead_.size() >= kReadAheadsMax) {
    return ResourceExhausted(
        "rows of {} views are being read ahead of activations already; try "
        "again when one has ended, or with --now",
        reading_ahead_.size());
  }
  reading_ahead_.insert(view);
  return absl::OkStatus();
}

void VersionActions::EndReadAhead(const std::string& view) {
  MutexLock lock(mu_);
  reading_ahead_.erase(view);
}

// Opens it ahead of the commit, and reads ahead while `wait` allows.
absl::Status VersionActions::Warm(const ViewRecord& view, const Manifest& next,
                                  const Wait& wait) {
  if (wait != nullptr) {
    RETURN_IF_ERROR(BeginReadAhead(next.view));
    const absl::Status ahead =
        publisher_.ReadAhead(ChainOf(dir_, view, next), wait);
    EndReadAhead(next.view);
    RETURN_IF_ERROR(ahead);
    if (!wait()) {
      return Cancelled("view '{}': version {} was not made current", next.view,
                       next.version);
    }
  }
  return publisher_.Prepare(next.view, next.version);
}

absl::Status VersionActions::MakeCurrent(const std::string& view,
                                         const Activation& activation,
                                         const Wait& wait) {
  const bool approves = activation.why == "approve";
  const int64_t version = activation.version;
  const auto check = [&](const ViewRecord& record) -> absl::Status {
    ASSIGN_OR_RETURN(const VersionRecord* const found,
                     FindVersion(record, version));
    if (!approves) return CheckServes(record, *found);
    RETURN_IF_ERROR(CheckHeld(record, *found));
    ViewRecord approved = record;
    VersionRecord& kept = approved.versions.at(version);
    kept.phase = VersionRecord::Phase::kKept;
    return CheckServes(approved, kept);
  };
  const auto take = [&](ViewRecord& record,
                        CatalogState& state) -> absl::Status {
    RETURN_IF_ERROR(check(record));
    if (record.current == version) return absl::OkStatus();
    approves ? TakeApproved(activation, record) : record.Activate(activation);
    return SettleGroups(activation, state);
  };
  const Catalog::StatePtr state = catalog_.state();
  ASSIGN_OR_RETURN(const ViewRecord* const before, FindView(*state, view));
  RETURN_IF_ERROR(check(*before));
  if (before->current == version) {  // It may still have to be opened.
    return Annotate(publisher_.Refresh(activation.at_micros, view),
                    "it is current, but");
  }

  const absl::Status prepared =
      Warm(*before, before->Find(version)->manifest, wait);
  if (absl::IsDataLoss(prepared)) {
    bool moved = false;  // Its directory went while it was opened.
    const absl::Status marked =
        Change(view, [&](ViewRecord& record, CatalogState&) -> absl::Status {
          RETURN_IF_ERROR(check(record));
          moved = !HaveSameFiles(*before, record, version);
          if (moved) return absl::OkStatus();
          record.MarkCorrupt(version, std::string(prepared.message()),
                             activation.at_micros);
          return absl::OkStatus();
        });
    RETURN_IF_ERROR(marked);
    if (moved) return MakeCurrent(view, activation, wait);
  }
  RETURN_IF_ERROR(prepared);
  CatalogState next = *state;
  RETURN_IF_ERROR(take(next.views.at(view), next));
  RETURN_IF_ERROR(publisher_.PrepareNext(*state, next, view, wait));
  return Change(
      view, [&](ViewRecord& record, CatalogState& now) -> absl::Status {
        if (wait != nullptr && record.current != before->current &&
            record.current != version) {
          return FailedPrecondition(
              "view '{}': version {} became current while version {} was read "
              "ahead, which was not activated",
              view, record.current, version);
        }
        return take(record, now);
      });
}

absl::Status VersionActions::Change(
    const std::string& view,
    const std::function<absl::Status(ViewRecord&, CatalogState&)>& change) {
  const absl::Status committed = catalog_.Commit([&](CatalogState& state) {
    const absl::Status found = FindView(state, view).status();
    return found.ok() ? change(state.views.at(view), state) : found;
  });
  RETURN_IF_ERROR(committed);
  return Refresh(view);
}

absl::StatusOr<std::vector<int64_t>> VersionActions::Erase(
    const std::string& view, const Choice& choose) {
  const auto choose_in =
      [&](const CatalogState& state) -> absl::StatusOr<std::vector<int64_t>> {
    const auto it = state.views.find(view);
    // A view that was removed still has versions to erase.
    if (it == state.views.end()) return FindView(state, view).status();
    return choose(it->second);
  };
  ASSIGN_OR_RETURN(std::vector<int64_t> gone, choose_in(*catalog_.state()));
  if (gone.empty()) return gone;
  std::map<int64_t, int64_t> folds;
  const auto erase = [&](CatalogState& state) -> absl::Status {
    ASSIGN_OR_RETURN(gone, choose_in(state));
    ViewRecord& record = state.views.at(view);
    folds.clear();
    for (const int64_t version : gone) {
      folds[version] = record.versions.at(version).manifest.fold;
      EraseVersion(version, record);
    }
    // Who waits for it is told; one of the same run may have been behind it.
    return SettleGroups(
        {.at_micros = clock_.NowMicros(), .why = "load", .who = "freshetd"},
        state);
  };
  RETURN_IF_ERROR(catalog_.Commit(erase));
  absl::Status done = Refresh(view);
  for (const auto& [version, fold] : folds) {
    const absl::Status removed = RemoveVersionDir(dir_, view, version, fold);
    if (done.ok()) done = Annotate(removed, "committed, but");
  }
  RETURN_IF_ERROR(done);
  return gone;
}

absl::Status VersionActions::Refresh(const std::string& view) {
  return Annotate(publisher_.Refresh(clock_.NowMicros(), view),
                  "committed, but");
}

}  // namespace freshet
