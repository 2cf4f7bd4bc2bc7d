// SPDX-License-Identifier: Apache-2.0
#include "server/admin/version_calls.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "base/status.h"
#include "config/parse.h"
#include "freshet/v1/admin.pb.h"
#include "server/admin/to_proto.h"
#include "server/admin/views.h"
#include "server/damage.h"
#include "versions/rules/version_checks.h"
#include "versions/store.h"

namespace freshet {
namespace {

// Null if it is not open.
const Version* FindOpen(const ServingSet& set, const std::string& view,
                        int64_t version) {
  const ServedView* served = set.FindView(view);
  if (served == nullptr) return nullptr;
  const auto found = served->open.find(version);
  return found == served->open.end() ? nullptr : found->second.get();
}

// What the catalog has of a version, and what reading it has shown.
void Fill(const ViewRecord& view, const VersionRecord& version,
          const ServingSet& set, v1::VersionState* out) {
  const Version* open = FindOpen(set, view.view, version.manifest.version);
  ToProto(view, version, open != nullptr, out);
  if (open == nullptr) return;
  const std::string damage = DamageOf(*open);
  if (damage.empty()) return;
  out->set_message(out->message().empty() ? damage
                                          : out->message() + "; " + damage);
}

std::string SourcesOf(const ViewRecord& view, const std::vector<int64_t>& ids) {
  std::vector<std::string> sources;
  for (const int64_t id : ids) {
    const VersionRecord* version = view.Find(id);
    if (version != nullptr) sources.push_back(version->manifest.source);
  }
  return fmt::format("'{}'", fmt::join(sources, "', '"));
}

void SayRejected(const ViewRecord& view, std::vector<int64_t> gone,
                 v1::VersionState& state) {
  std::erase(gone, state.version());
  if (gone.empty()) return;
  state.set_message(fmt::format(
      "with it went what was laid over it, version {}; load again: {}",
      fmt::join(gone, ", "), SourcesOf(view, gone)));
}

void SayApproved(const ViewRecord& view, int64_t version,
                 v1::VersionState& state) {
  const VersionRecord* held = view.Find(version);
  if (held == nullptr) return;
  const std::vector<int64_t> lost = LiveSince(view, *held);
  if (lost.empty()) return;
  state.set_message(fmt::format(
      "{}{}has nothing of version {}, which went live after it was built; load "
      "again: {}",
      state.message(), state.message().empty() ? "" : "; ",
      fmt::join(lost, ", "), SourcesOf(view, lost)));
}

}  // namespace

VersionCalls::VersionCalls(Store& store, const Clock& clock)
    : store_(store), groups_(store.catalog(), store.publisher(), clock) {}

absl::Status VersionCalls::List(const v1::ListVersionsRequest& request,
                                v1::ListVersionsResponse* response) {
  const Catalog::StatePtr catalog = store_.catalog().state();
  const Serving::SetPtr set = store_.serving().Current();
  ASSIGN_OR_RETURN(const ViewRecord* view,
                   FindRecord(*catalog, request.view()));
  for (const auto& [number, version] : view->versions) {
    Fill(*view, version, *set, response->add_versions());
  }
  for (const EndedLoad& load : catalog->ended_loads) {
    if (load.view != view->view || load.outcome != "failed") continue;
    ToProto(load, response->add_versions());
  }
  const ServedView* served = set->FindView(view->view);
  if (served != nullptr && served->definition.live &&
      served->definition.source.path.empty()) {
    response->set_live_source(served->definition.live->source);
  }
  return absl::OkStatus();
}

absl::Status VersionCalls::DescribeVersion(
    const v1::VersionRequest& request, v1::VersionDescription* description) {
  const Catalog::StatePtr catalog = store_.catalog().state();
  ASSIGN_OR_RETURN(const ViewRecord* view,
                   FindRecord(*catalog, request.view()));
  if (request.version() == 0 && view->current == 0) {
    return NotFound("view '{}' has no version yet", request.view());
  }
  const int64_t number =
      request.version() == 0 ? view->current : request.version();
  const VersionRecord* version = view->Find(number);
  if (version == nullptr) {
    return NotFound(
        "view '{0}' has no version {1}; `freshet versions {0}` lists those "
        "there are",
        request.view(), number);
  }
  Fill(*view, *version, *store_.serving().Current(),
       description->mutable_state());
  const Manifest& manifest = version->manifest;
  for (const ColumnStats& stats : manifest.columns) {
    const auto column = manifest.schema.FindColumn(stats.feature_id);
    if (!column.has_value()) continue;
    v1::FeatureStatistics* out = description->add_features();
    ToProto(manifest.schema.columns()[*column], stats, out);
    out->set_rows(manifest.rows - manifest.deleted_rows);
  }
  return absl::OkStatus();
}

absl::Status VersionCalls::Activate(const v1::ActivateRequest& request,
                                    const std::string& who,
                                    const std::function<bool()>& wait,
                                    v1::VersionState* state) {
  RETURN_IF_ERROR(store_.actions().Activate(
      request.view(), request.version(), who, request.now() ? nullptr : wait));
  return Describe(request.view(), request.version(), state);
}

absl::Status VersionCalls::Rollback(const v1::RollbackRequest& request,
                                    const std::string& who,
                                    v1::VersionState* state) {
  ASSIGN_OR_RETURN(const int64_t version,
                   store_.actions().Rollback(request.view(), who));
  return Describe(request.view(), version, state);
}

absl::Status VersionCalls::Pin(const v1::PinRequest& request,
                               v1::VersionState* state) {
  RETURN_IF_ERROR(store_.actions().Pin(request.view(), request.version(),
                                       !request.unpin()));
  return Describe(request.view(), request.version(), state);
}

absl::Status VersionCalls::SetLabel(const v1::SetLabelRequest& request,
                                    v1::VersionState* state) {
  const Catalog::StatePtr before = store_.catalog().state();
  RETURN_IF_ERROR(store_.actions().SetLabel(request.view(), request.label(),
                                            request.version()));
  int64_t version = request.version();
  if (version == 0) {
    ASSIGN_OR_RETURN(const ViewRecord* record,
                     FindRecord(*before, request.view()));
    const auto label = record->labels.find(request.label());
    // Given and taken in one moment: what it pointed at is not known here.
    if (label == record->labels.end()) {
      state->set_view(request.view());
      return absl::OkStatus();
    }
    version = label->second;
  }
  return Describe(request.view(), version, state);
}

absl::Status VersionCalls::Approve(const v1::ApproveRequest& request,
                                   const std::string& who,
                                   const std::function<bool()>& wait,
                                   v1::VersionState* state) {
  const Catalog::StatePtr before = store_.catalog().state();
  if (request.reject()) {
    ASSIGN_OR_RETURN(
        const std::vector<int64_t> gone,
        store_.actions().Reject(request.view(), request.version()));
    RETURN_IF_ERROR(Describe(request.view(), request.version(), state));
    SayRejected(before->views.at(request.view()), gone, *state);
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(store_.actions().Approve(
      request.view(), request.version(), who, request.now() ? nullptr : wait));
  RETURN_IF_ERROR(Describe(request.view(), request.version(), state));
  SayApproved(before->views.at(request.view()), request.version(), *state);
  return absl::OkStatus();
}

absl::Status VersionCalls::Delete(const v1::VersionRequest& request,
                                  v1::VersionState* state) {
  RETURN_IF_ERROR(store_.actions().Delete(request.view(), request.version()));
  return Describe(request.view(), request.version(), state);
}

absl::Status VersionCalls::ActivateGroup(
    const v1::ActivateGroupRequest& request, const std::string& who,
    const std::function<bool()>& wait, v1::GroupState* state) {
  ASSIGN_OR_RETURN(const RunVersions versions,
                   groups_.Activate(request.group(), request.run(), who,
                                    request.now() ? nullptr : wait));
  state->set_group(request.group());
  return DescribeAll(versions, state);
}

absl::Status VersionCalls::RollbackGroup(
    const v1::RollbackGroupRequest& request, const std::string& who,
    v1::GroupState* state) {
  ASSIGN_OR_RETURN(const RunVersions versions,
                   groups_.Rollback(request.group(), who));
  state->set_group(request.group());
  return DescribeAll(versions, state);
}

absl::Status VersionCalls::DescribeAll(const RunVersions& versions,
                                       v1::GroupState* state) {
  for (const auto& [view, version] : versions) {
    RETURN_IF_ERROR(Describe(view, version, state->add_versions()));
    state->set_run(state->versions().rbegin()->run());
  }
  return absl::OkStatus();
}

absl::Status VersionCalls::Describe(const std::string& view, int64_t version,
                                    v1::VersionState* state) {
  const Catalog::StatePtr catalog = store_.catalog().state();
  ASSIGN_OR_RETURN(const ViewRecord* record, FindRecord(*catalog, view));
  if (const VersionRecord* found = record->Find(version)) {
    Fill(*record, *found, *store_.serving().Current(), state);
    return absl::OkStatus();
  }
  state->set_view(view);
  state->set_version(version);
  state->set_phase(v1::VERSION_PHASE_DELETED);
  return absl::OkStatus();
}

}  // namespace freshet
