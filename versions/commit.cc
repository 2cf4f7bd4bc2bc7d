// SPDX-License-Identifier: Apache-2.0
#include "versions/commit.h"

#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/failpoint.h"
#include "base/file.h"
#include "base/status.h"
#include "versions/groups/snapshot_groups.h"
#include "versions/layout.h"
#include "versions/rules/version_checks.h"

namespace freshet {
namespace {

// What begins anew begins with this one: those after it are due again.
void TakeLoadedUntil(const CommitRequest& request, std::string& until) {
  const auto folder = [](const std::string& path) {
    return path.substr(0, path.rfind('/'));
  };
  const std::string& loaded = request.loaded_until;
  if (loaded.empty()) return;
  const bool begins_anew = request.over == 0;
  if (!begins_anew && folder(loaded) == folder(until) && loaded < until) return;
  until = loaded;
}

// `v<id>.building` becomes `v<id>`, durably: all directories on the way to it
// are synced too, since its view may be new.
absl::Status Rename(const std::string& dir, const Manifest& manifest) {
  RETURN_IF_ERROR(FAILPOINT("version.before_rename"));
  RETURN_IF_ERROR(
      RenameSynced(BuildingDir(dir, manifest.view, manifest.version),
                   VersionDir(dir, manifest.view, manifest.version)));
  RETURN_IF_ERROR(SyncDir(ViewsDir(dir)));
  RETURN_IF_ERROR(SyncDir(dir));
  return FAILPOINT("version.after_rename");
}

// As CommitVersion, in the wrong order: what the crash tests must notice.
absl::StatusOr<bool> CommitCatalogFirst(const std::string& dir,
                                        Catalog& catalog,
                                        const CommitRequest& request) {
  bool active = false;
  const auto record = [&](CatalogState& state) -> absl::Status {
    ASSIGN_OR_RETURN(active, RecordVersion(request, state));
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(catalog.Commit(record));
  RETURN_IF_ERROR(Rename(dir, request.manifest));
  return active;
}

}  // namespace

absl::StatusOr<bool> RecordVersion(const CommitRequest& request,
                                   CatalogState& state) {
  const Manifest& manifest = request.manifest;
  RETURN_IF_ERROR(FindView(state, manifest.view).status());
  ViewRecord* const view = &state.views.at(manifest.view);
  if (manifest.schema.key() != view->schema.key()) {
    return FailedPrecondition(
        "view '{}' changed its key while version {} was built; load it again",
        manifest.view, manifest.version);
  }
  if (manifest.version <= 0 || manifest.version >= view->next_version ||
      view->Find(manifest.version) != nullptr) {
    return FailedPrecondition(
        "view '{}': version {} was not allocated or is there already",
        manifest.view, manifest.version);
  }
  if (request.over.has_value() && *request.over != view->NextBase()) {
    return Aborted(
        "view '{}': version {} was laid over version {}, but {} is the one by "
        "now; load it again",
        manifest.view, manifest.version, *request.over, view->NextBase());
  }
  VersionRecord fresh{
      .manifest = manifest,
      .phase = request.phase,
      .committed_micros = request.now_micros,
      .waits_for_base = request.waits_for_base,
      .run = request.run,
      .waits_for_group = request.activate && !request.run.empty(),
      .message = request.message};
  if (manifest.base == 0) fresh.merged_over = request.over.value_or(0);
  if (const VersionRecord* base = view->Find(manifest.base); base != nullptr) {
    fresh.recount = base->recount || !view->forgotten.empty();
  }
  TakeLoadedUntil(request, view->loaded_until);
  const bool alone = request.activate && request.run.empty();
  if (alone) fresh.message = StaleReason(*view, manifest);
  const bool activate = alone && fresh.message.empty();
  view->versions.emplace(manifest.version, std::move(fresh));
  // What is held answers nobody; the label stays where it is.
  if (!request.label.empty() && request.phase == VersionRecord::Phase::kKept) {
    view->labels[request.label] = manifest.version;
  }
  Activation how{.version = manifest.version,
                 .at_micros = request.now_micros,
                 .why = "load",
                 .who = request.who};
  if (activate) view->Activate(how);
  RETURN_IF_ERROR(SettleGroups(how, state));
  const bool active = view->current == manifest.version;
  if (request.also) {
    request.also(active, *view->Find(manifest.version), state);
  }
  return active;
}

absl::StatusOr<int64_t> AllocateVersion(Catalog& catalog,
                                        const std::string& view) {
  int64_t version = 0;
  const auto take = [&](CatalogState& state) -> absl::Status {
    RETURN_IF_ERROR(FindView(state, view).status());
    version = state.views.at(view).next_version++;
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(catalog.Commit(take));
  return version;
}

absl::StatusOr<bool> CommitVersion(const std::string& dir, Catalog& catalog,
                                   const CommitRequest& request) {
  CHECK(!request.activate || request.phase == VersionRecord::Phase::kKept);
  const Manifest& manifest = request.manifest;
  const std::string building =
      BuildingDir(dir, manifest.view, manifest.version);
  const std::string whole = VersionDir(dir, manifest.view, manifest.version);
  ASSIGN_OR_RETURN(const Manifest built, ReadManifest(building));
  if (built != manifest) {
    return DataLoss("'{}' holds another manifest than was checked", building);
  }
  if (!FAILPOINT("commit.catalog_first").ok()) {
    return CommitCatalogFirst(dir, catalog, request);
  }

  bool active = false;
  absl::Status done = Rename(dir, manifest);
  if (done.ok()) {
    done = catalog.Commit([&](CatalogState& state) -> absl::Status {
      ASSIGN_OR_RETURN(active, RecordVersion(request, state));
      return absl::OkStatus();
    });
  }
  if (done.ok()) return active;
  if (catalog.may_count()) return done;  // Only a start knows.
  for (const std::string& path : {building, whole}) {
    if (const absl::Status removed = RemoveTree(path); !removed.ok()) {
      return Annotate(
          done, fmt::format("{} is left over ({})", path, removed.ToString()));
    }
  }
  return done;
}

}  // namespace freshet
