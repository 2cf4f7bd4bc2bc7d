// SPDX-License-Identifier: Apache-2.0
#include "server/admin/to_proto.h"

#include <fmt/format.h>

#include "freshet/v1/admin.pb.h"
#include "versions/watch/source_watcher.h"

namespace freshet {
namespace {

v1::LoadPhase PhaseOf(JobPhase phase) {
  switch (phase) {
    case JobPhase::kQueued:
      return v1::LOAD_PHASE_QUEUED;
    case JobPhase::kStarting:
      return v1::LOAD_PHASE_STARTING;
    case JobPhase::kReading:
      return v1::LOAD_PHASE_READING;
    case JobPhase::kWriting:
      return v1::LOAD_PHASE_WRITING;
    case JobPhase::kIngesting:
      return v1::LOAD_PHASE_INGESTING;
    case JobPhase::kVerifying:
      return v1::LOAD_PHASE_VERIFYING;
    case JobPhase::kCommitting:
      return v1::LOAD_PHASE_COMMITTING;
    case JobPhase::kActivating:
      return v1::LOAD_PHASE_ACTIVATING;
    case JobPhase::kDone:
      return v1::LOAD_PHASE_DONE;
    case JobPhase::kFailed:
      return v1::LOAD_PHASE_FAILED;
    case JobPhase::kCancelled:
      return v1::LOAD_PHASE_CANCELLED;
  }
  return v1::LOAD_PHASE_UNSPECIFIED;
}

v1::LoadOutcome OutcomeOf(JobOutcome outcome) {
  switch (outcome) {
    case JobOutcome::kNone:
      return v1::LOAD_OUTCOME_UNSPECIFIED;
    case JobOutcome::kActive:
      return v1::LOAD_OUTCOME_ACTIVE;
    case JobOutcome::kLoaded:
      return v1::LOAD_OUTCOME_LOADED;
    case JobOutcome::kPendingApproval:
      return v1::LOAD_OUTCOME_PENDING_APPROVAL;
    case JobOutcome::kChecked:
      return v1::LOAD_OUTCOME_CHECKED;
    case JobOutcome::kWaiting:
      return v1::LOAD_OUTCOME_WAITING;
  }
  return v1::LOAD_OUTCOME_UNSPECIFIED;
}

v1::VersionPhase PhaseOf(const ViewRecord& view, const VersionRecord& version) {
  switch (version.phase) {
    case VersionRecord::Phase::kPendingApproval:
      return v1::VERSION_PHASE_PENDING_APPROVAL;
    case VersionRecord::Phase::kCorrupt:
      return v1::VERSION_PHASE_CORRUPT;
    case VersionRecord::Phase::kKept:
      break;
  }
  return version.manifest.version == view.current ? v1::VERSION_PHASE_CURRENT
                                                  : v1::VERSION_PHASE_KEPT;
}

double Seconds(int64_t micros) { return static_cast<double>(micros) / 1e6; }

}  // namespace

void ToProto(const LoadJob& job, v1::LoadJob* out) {
  out->set_id(job.id);
  out->set_view(job.request.view);
  out->set_path(job.request.path);
  out->set_idempotency_key(job.request.idempotency_key);
  out->set_phase(PhaseOf(job.phase));
  out->set_outcome(OutcomeOf(job.outcome));
  out->set_version(job.version);
  out->set_rows(job.rows);
  out->set_rows_total(job.rows_total);
  out->set_bytes(job.bytes);
  out->set_bytes_total(job.bytes_total);
  out->set_eta_seconds(job.eta_seconds);
  out->set_started_micros(job.started_micros);
  out->set_ended_micros(job.ended_micros);
  out->set_code(static_cast<int>(job.error.code()));
  out->set_message(job.message);
  out->set_loader_peak_bytes(job.loader_peak_bytes);
}

void ToProto(const ViewReport& report, v1::ViewState* out) {
  out->set_name(report.name);
  for (const std::string& key : report.join_keys) out->add_join_keys(key);
  out->set_features(static_cast<uint32_t>(report.features));
  out->set_version(report.version);
  out->set_rows(report.rows);
  out->set_bytes(report.bytes);
  out->set_as_of_micros(report.as_of_micros);
  out->set_age_seconds(Seconds(report.age_micros));
  out->set_freshness_seconds(Seconds(report.freshness_micros));
  out->set_versions(static_cast<uint32_t>(report.kept));
  out->set_pending(static_cast<uint32_t>(report.pending));
  out->set_owner(report.owner);
  out->set_message(report.message);
}

void ToProto(const ViewRecord& view, const VersionRecord& version, bool open,
             v1::VersionState* out) {
  const Manifest& manifest = version.manifest;
  out->set_view(view.view);
  out->set_version(manifest.version);
  out->set_phase(PhaseOf(view, version));
  out->set_open(open);
  out->set_pinned(version.pinned);
  for (const auto& [label, number] : view.labels) {
    if (number == manifest.version) out->add_labels(label);
  }
  out->set_rows(manifest.live_rows);
  out->set_base(manifest.base);
  out->set_own_rows(manifest.rows);
  out->set_bytes(BytesOf(manifest));
  out->set_as_of_micros(manifest.as_of_micros);
  out->set_event_time_min_micros(manifest.event_time_min_micros);
  out->set_event_time_max_micros(manifest.event_time_max_micros);
  out->set_built_micros(manifest.built_at_micros);
  out->set_source(manifest.source);
  out->set_message(version.message);
  out->set_generation(manifest.generation);
  out->set_schema_id(manifest.schema.id());
  out->set_run(version.run);
  out->set_waits_for_group(version.waits_for_group);
}

void ToProto(const EndedLoad& load, v1::VersionState* out) {
  out->set_view(load.view);
  out->set_version(load.version);
  out->set_phase(v1::VERSION_PHASE_FAILED);
  out->set_built_micros(load.ended_micros);
  out->set_source(load.path);
  out->set_message(load.message);
}

void ToProto(const Activation& activation, v1::ActivationRecord* out) {
  out->set_version(activation.version);
  out->set_at_micros(activation.at_micros);
  out->set_why(activation.why);
  out->set_who(activation.who);
  out->set_run(activation.run);
}

void ToProto(const Column& column, const ColumnStats& stats,
             v1::FeatureStatistics* out) {
  out->set_id(column.id);
  out->set_name(column.name);
  ToProto(column.type, out->mutable_type());
  out->set_measure(std::string(StatsMeasure(column.type)));
  out->set_nulls(stats.nulls);
  out->set_nans(stats.nans);
  out->set_distinct(stats.distinct);
  out->set_min(stats.min);
  out->set_max(stats.max);
  out->set_mean(stats.mean);
  for (const double quantile : stats.quantiles) out->add_quantiles(quantile);
}

void ToProto(const WatchState& watch, v1::SourceWatch* out) {
  using v1::SourceWatch;
  out->set_state(absl::IsUnknown(watch.status) ? SourceWatch::STATE_NOT_LOOKED
                 : watch.status.ok()           ? SourceWatch::STATE_COMPLETE
                 : absl::IsFailedPrecondition(watch.status)
                     ? SourceWatch::STATE_WAITING
                     : SourceWatch::STATE_FAILING);
  out->set_message(std::string(watch.status.ok() ? watch.load.message()
                                                 : watch.status.message()));
  out->set_every_seconds(static_cast<double>(watch.every.count()) / 1e6);
  out->set_looked_micros(watch.looked_micros);
  out->set_path(watch.path);
}

void ToProto(const Type& type, v1::Type* out) {
  out->set_kind(static_cast<v1::Kind>(type.kind));
  out->set_list(type.list);
  out->set_fixed_length(type.fixed_length);
  out->set_precision(type.precision);
  out->set_scale(type.scale);
}

void ToProto(const ApplyResult& result, std::string_view source_name,
             v1::ApplyDefinitionsResponse* out) {
  for (const DefinitionChange& change : result.changes) {
    v1::DefinitionChange* item = out->add_changes();
    item->set_kind(change.kind);
    item->set_what(change.what);
    item->set_effect(change.effect);
  }
  for (const std::string& deletion : result.deletions) {
    out->add_deletions(deletion);
  }
  out->set_hash(result.hash);
  out->set_base_hash(result.base_hash);
  out->set_applied(result.applied);
  for (const Problem& problem : result.problems) {
    out->add_problems(fmt::format("{}:{}:{}: {}", source_name, problem.at.line,
                                  problem.at.column, problem.message));
  }
}

}  // namespace freshet
