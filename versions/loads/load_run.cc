// SPDX-License-Identifier: Apache-2.0
#include "versions/loads/load_run.h"

#include <utility>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/failpoint.h"
#include "base/file.h"
#include "base/status.h"
#include "config/object_url.h"
#include "config/timestamp.h"
#include "versions/commit.h"
#include "versions/layout.h"
#include "versions/loads/guards.h"
#include "versions/loads/load_request.h"
#include "versions/rules/version_checks.h"
#include "versions/serving_parts/version_opener.h"

namespace freshet {
namespace {

// One name each, so that the list of failpoints can be read off the source.
absl::Status FailpointOf(JobPhase phase) {
  switch (phase) {
    case JobPhase::kStarting:
      return FAILPOINT("load.starting");
    case JobPhase::kReading:
      return FAILPOINT("load.reading");
    case JobPhase::kWriting:
      return FAILPOINT("load.writing");
    case JobPhase::kIngesting:
      return FAILPOINT("load.ingesting");
    case JobPhase::kVerifying:
      return FAILPOINT("load.verifying");
    case JobPhase::kCommitting:
      return FAILPOINT("load.committing");
    case JobPhase::kActivating:
      return FAILPOINT("load.activating");
    default:
      return absl::OkStatus();
  }
}

// Each after what the one before was laid over was replaced meanwhile.
constexpr int kAttempts = 5;

}  // namespace

LoadRun::LoadRun(const LoadParts& parts, const LoadSettings& settings,
                 std::string id)
    : parts_(parts),
      settings_(settings),
      id_(std::move(id)),
      loader_(ProcessOptions(settings)),
      eta_(std::chrono::steady_clock::now()) {}

bool LoadRun::Cancel() {
  MutexLock lock(mu_);
  if (committing_) return false;
  cancelled_ = true;
  loader_.Cancel();
  return true;
}

void LoadRun::Abandon() {
  MutexLock lock(mu_);
  abandoned_ = true;
  if (committing_) return;
  cancelled_ = true;
  loader_.Cancel();
}

void LoadRun::Run() {
  if (const absl::Status status = Load(); !status.ok()) Fail(status);
  parts_.disk->Release(id_);
}

LoadJob LoadRun::Job() const { return *parts_.jobs->Get(id_); }

absl::Status LoadRun::Load() {
  for (int attempt = 1;; ++attempt) {
    absl::Status done = LoadOnce();
    if (attempt == kAttempts || !WasOvertaken(done)) return done;
    RETURN_IF_ERROR(RemoveTree(building_dir_));
    MutexLock lock(mu_);
    committing_ = false;
  }
}

absl::Status LoadRun::LoadOnce() {
  RETURN_IF_ERROR(Enter(JobPhase::kStarting));
  ASSIGN_OR_RETURN(const LoadSpec spec, Prepare());
  RETURN_IF_ERROR(Build(spec));
  if (spec.dry_run) {
    RETURN_IF_ERROR(RemoveTree(building_dir_));
    parts_.jobs->Update(
        id_, [](LoadJob& job) { job.outcome = JobOutcome::kChecked; });
    Finish("");
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(Commit(spec));
  return Publish();
}

// What it was laid over was folded, deleted or rolled back meanwhile.
bool LoadRun::WasOvertaken(const absl::Status& status) const {
  if (status.ok() || committed_ || cancelled() || !layers_.over.has_value()) {
    return false;
  }
  const Catalog::StatePtr state = parts_.catalog->state();
  const auto record = state->views.find(Job().request.view);
  return record != state->views.end() &&
         PlanUpsert(parts_.dir, record->second) != layers_;
}

absl::StatusOr<LoadSpec> LoadRun::Prepare() {
  const LoadRequest request = Job().request;
  RETURN_IF_ERROR(DefinedView(*parts_.catalog->state(), request.view).status());
  // Once: one that is tried again stays forgotten of.
  if (version_ == 0) {
    ASSIGN_OR_RETURN(version_, AllocateVersion(*parts_.catalog, request.view));
  }

  // After that: what is forgotten from here on is forgotten of this version
  // too, and what was before is in the plan.
  const Catalog::StatePtr state = parts_.catalog->state();
  ASSIGN_OR_RETURN(view_, DefinedView(*state, request.view));
  const ViewRecord& record = state->views.at(request.view);
  LoadSpec spec;
  spec.view = request.view;
  spec.version = version_;
  spec.generation = record.generation;
  spec.schema = record.schema;
  ASSIGN_OR_RETURN(spec.tiles, TilesOf(*state, view_));
  spec.source = view_.source;
  spec.source.path = request.path;
  layers_ = {};
  if (view_.source.mode == LoadMode::kUpsert && !request.full) {
    RETURN_IF_ERROR(CheckUpsert(record));
    layers_ = PlanUpsert(parts_.dir, record);
  }
  spec.layers = layers_.spec;
  spec.building_dir = BuildingDir(parts_.dir, request.view, version_);
  spec.source_sum = request.source_sum;
  spec.has_as_of = request.has_as_of;
  spec.as_of_micros = request.as_of_micros;
  spec.now_micros = parts_.clock->NowMicros();
  TakeSettings(settings_, layers_.memory_bytes, spec);
  spec.disk_reserve_bytes = parts_.disk_reserve_bytes;
  spec.dry_run = request.dry_run;
  spec.build = parts_.build;
  return spec;
}

absl::Status LoadRun::Build(const LoadSpec& spec) {
  building_dir_ = spec.building_dir;
  RETURN_IF_ERROR(MakeDir(building_dir_));
  return loader_.Run(spec, [this](const LoadProgress& progress) {
    return OnProgress(progress);
  });
}

absl::Status LoadRun::OnProgress(const LoadProgress& progress) {
  if (progress.phase == LoadPhase::kFailed) return absl::OkStatus();
  const JobPhase phase = JobPhaseOf(progress.phase);
  if (phase > Job().phase) RETURN_IF_ERROR(Enter(phase));
  if (progress.bytes_total > 0) RETURN_IF_ERROR(Admit(progress.bytes_total));
  parts_.disk->Wrote(id_, progress.bytes_written);
  parts_.jobs->Update(id_, [&](LoadJob& job) {
    job.rows = progress.rows;
    job.rows_total = progress.rows_total;
    job.bytes = progress.bytes;
    job.bytes_total = progress.bytes_total;
    job.loader_peak_bytes = progress.rss_bytes;
    job.eta_seconds = eta_.Seconds(progress, std::chrono::steady_clock::now());
  });
  return absl::OkStatus();
}

// How much it is the loader was first to know. What lies in an object store is
// on disk too until it is read.
absl::Status LoadRun::Admit(int64_t source_bytes) {
  const LoadRequest request = Job().request;
  if (admitted_ || request.dry_run ||
      !LoaderSaysSize(view_.source, request.path)) {
    return absl::OkStatus();
  }
  admitted_ = true;
  const Catalog::StatePtr state = parts_.catalog->state();
  const Manifest* before = state->CurrentManifest(request.view);
  RETURN_IF_ERROR(CheckMemory(
      parts_.free_memory,
      EstimateLoadMemory(source_bytes, before, settings_.sort_buffer_bytes,
                         layers_.memory_bytes)));
  return parts_.disk->Admit(
      id_,
      (IsUrl(request.path) ? source_bytes : 0) + layers_.merged_bytes +
          EstimateLoadBytes(source_bytes, before, settings_.sort_buffer_bytes));
}

// But for what is recorded with it of the load's end.
CommitRequest LoadRun::RequestFor(const Manifest& built,
                                  const CatalogState& state) const {
  const LoadRequest asked = Job().request;
  CommitRequest request;
  request.manifest = built;
  request.over = layers_.over;
  // What comes from elsewhere by hand says nothing of what is watched.
  const auto folder = ResolveSnapshotPath(view_.source.path, settings_);
  if (view_.source.mode == LoadMode::kUpsert && folder.ok() &&
      !NameIn(*folder, built.source).empty()) {
    request.loaded_until = built.source;
  }
  JudgeBuilt(state, view_, asked.no_activate, request);
  const bool held = request.phase == VersionRecord::Phase::kPendingApproval;
  if (held && !asked.label.empty()) {
    request.message += fmt::format(
        "; its label '{}' is not set; once approved: freshet label {} {} {}",
        asked.label, view_.name, asked.label, built.version);
  }
  if (const auto record = state.views.find(view_.name);
      held && record != state.views.end() &&
      !StaleReason(record->second, built).empty()) {
    request.message += fmt::format("; its as_of {} is older than what serves",
                                   FormatTimestamp(built.as_of_micros));
  }
  request.activate = !held && !asked.no_activate;
  request.label = asked.label;
  request.run = asked.run;
  request.who = asked.who;
  request.now_micros = parts_.clock->NowMicros();
  return request;
}

// Of all that the commit will make current; before it, so that the catalog
// names it when it serves, and damage that shows is a failed load.
absl::Status LoadRun::ReadAhead(const CommitRequest& request) {
  const Catalog::StatePtr state = parts_.catalog->state();
  CatalogState next = *state;
  RETURN_IF_ERROR(RecordVersion(request, next).status());
  const ViewRecord& view = state->views.at(view_.name);
  const auto keep_going = [this] { return !cancelled(); };
  if (next.views.at(view_.name).current != view.current) {
    RETURN_IF_ERROR(parts_.publisher->ReadAhead(
        ChainOver(parts_.dir, view, {building_dir_, request.manifest}),
        keep_going));
  }
  return parts_.publisher->PrepareNext(*state, next, view_.name, keep_going);
}

absl::Status LoadRun::Commit(const LoadSpec& spec) {
  ASSIGN_OR_RETURN(const Manifest built, ReadManifest(building_dir_));
  RETURN_IF_ERROR(CheckBuilt(built, spec));
  RETURN_IF_ERROR(ReadAhead(RequestFor(built, *parts_.catalog->state())));
  RETURN_IF_ERROR(EnterCommit());

  CommitRequest request = RequestFor(built, *parts_.catalog->state());
  LoadJob job = Job();
  job.version = built.version;
  job.rows = job.rows_total = built.rows;
  job.ended_micros = request.now_micros;
  // In the same commit: a key whose version exists never loads it twice.
  request.also = [&](bool active, const VersionRecord& record,
                     CatalogState& catalog) {
    job.phase = JobPhase::kDone;
    job.outcome = active ? JobOutcome::kActive
                  : record.phase == VersionRecord::Phase::kPendingApproval
                      ? JobOutcome::kPendingApproval
                  : record.waits_for_group ? JobOutcome::kWaiting
                                           : JobOutcome::kLoaded;
    job.message = record.message;
    catalog.ended_loads.push_back(ToEndedLoad(job));
  };
  RETURN_IF_ERROR(CommitVersion(parts_.dir, *parts_.catalog, request).status());
  committed_ = true;
  parts_.jobs->Update(id_, [&](LoadJob& j) {
    j.version = job.version;
    j.rows = j.rows_total = job.rows;
    j.outcome = job.outcome;
    j.message = job.message;
  });
  return absl::OkStatus();
}

absl::Status LoadRun::Publish() {
  RETURN_IF_ERROR(Enter(JobPhase::kActivating));
  const std::string view = Job().request.view;
  RETURN_IF_ERROR(parts_.publisher->Refresh(parts_.clock->NowMicros(), view));
  const Catalog::StatePtr state = parts_.catalog->state();
  const auto record = state->views.find(view);
  const VersionRecord* version =
      record == state->views.end() ? nullptr : record->second.Find(version_);
  if (version != nullptr && version->phase == VersionRecord::Phase::kCorrupt) {
    return DataLoss("{}", version->message);
  }
  std::string note;
  if (const absl::Status s = parts_.actions->ApplyRetention(view); !s.ok()) {
    note = fmt::format("old versions could not be deleted: {}",
                       std::string(s.message()));
  }
  Finish(note);
  return absl::OkStatus();
}

absl::Status LoadRun::Enter(JobPhase phase) {
  parts_.jobs->Update(id_, [&](LoadJob& job) { job.phase = phase; });
  RETURN_IF_ERROR(FailpointOf(phase));
  MutexLock lock(mu_);
  if (cancelled_) return Cancelled("the load was cancelled");
  return absl::OkStatus();
}

absl::Status LoadRun::EnterCommit() {
  {
    MutexLock lock(mu_);
    if (cancelled_) return Cancelled("the load was cancelled");
    committing_ = true;
  }
  return Enter(JobPhase::kCommitting);
}

void LoadRun::Finish(const std::string& note) {
  LoadJob job = Job();
  job.phase = JobPhase::kDone;
  job.eta_seconds = 0;
  job.ended_micros = parts_.clock->NowMicros();
  if (job.message.empty()) job.message = note;
  // A committed version was recorded with its commit.
  if (!committed_) RecordEnd(*parts_.catalog, job);
  End(std::move(job));
}

void LoadRun::Fail(const absl::Status& status) {
  LoadJob job = Job();
  absl::Status error =
      Annotate(status, fmt::format("load of view '{}'", job.request.view));
  if (committed_) {
    error = Annotate(status, fmt::format("version {} is committed but could "
                                         "not be published",
                                         version_));
  } else if (!building_dir_.empty()) {
    const absl::Status removed = RemoveTree(building_dir_);
    if (!removed.ok()) error = Annotate(error, std::string(removed.message()));
  }
  job.phase =
      absl::IsCancelled(status) ? JobPhase::kCancelled : JobPhase::kFailed;
  job.outcome = JobOutcome::kNone;
  job.error = error;
  job.message = std::string(error.message());
  job.eta_seconds = -1;
  job.ended_micros = parts_.clock->NowMicros();
  if (!abandoned()) RecordEnd(*parts_.catalog, job);
  End(std::move(job));
}

bool LoadRun::cancelled() const {
  MutexLock lock(mu_);
  return cancelled_;
}

bool LoadRun::abandoned() const {
  MutexLock lock(mu_);
  return abandoned_;
}

void LoadRun::End(LoadJob job) {
  parts_.jobs->Update(id_, [&](LoadJob& j) {
    job.revision = j.revision;
    j = std::move(job);
  });
}

}  // namespace freshet
