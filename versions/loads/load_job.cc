// SPDX-License-Identifier: Apache-2.0
#include "versions/loads/load_job.h"

#include <fmt/format.h>

#include <array>

#include "base/check.h"
#include "versions/catalog.h"

namespace freshet {
namespace {

// In the order of the enumerations.
constexpr std::array<std::string_view, 11> kPhaseNames = {
    "queued",     "starting",   "reading", "writing", "ingesting", "verifying",
    "committing", "activating", "done",    "failed",  "cancelled"};
constexpr std::array<std::string_view, 6> kOutcomeNames = {
    "", "active", "loaded", "pending_approval", "checked", "waiting"};

JobOutcome OutcomeOf(std::string_view name) {
  for (size_t i = 0; i < kOutcomeNames.size(); ++i) {
    if (kOutcomeNames[i] == name) return static_cast<JobOutcome>(i);
  }
  return JobOutcome::kNone;
}

}  // namespace

std::string_view JobPhaseName(JobPhase phase) {
  return kPhaseNames[static_cast<size_t>(phase)];
}

JobPhase JobPhaseOf(LoadPhase phase) {
  switch (phase) {
    case LoadPhase::kStarting:
      return JobPhase::kStarting;
    case LoadPhase::kReading:
      return JobPhase::kReading;
    case LoadPhase::kWriting:
      return JobPhase::kWriting;
    case LoadPhase::kIngesting:
      return JobPhase::kIngesting;
    case LoadPhase::kVerifying:
    case LoadPhase::kBuilt:
    case LoadPhase::kFailed:
      return JobPhase::kVerifying;
  }
  CHECK(false);
}

std::string_view JobOutcomeName(JobOutcome outcome) {
  return kOutcomeNames[static_cast<size_t>(outcome)];
}

EndedLoad ToEndedLoad(const LoadJob& job) {
  EndedLoad ended;
  ended.id = job.id;
  ended.view = job.request.view;
  ended.path = job.request.path;
  ended.idempotency_key = job.request.idempotency_key;
  ended.version = job.version;
  ended.outcome = job.phase == JobPhase::kDone ? JobOutcomeName(job.outcome)
                                               : JobPhaseName(job.phase);
  ended.code = static_cast<int>(job.error.code());
  ended.message = job.message;
  ended.rows = job.rows;
  ended.bytes = job.bytes;
  ended.started_micros = job.started_micros;
  ended.ended_micros = job.ended_micros;
  return ended;
}

LoadJob FromEndedLoad(const EndedLoad& ended) {
  LoadJob job;
  job.id = ended.id;
  job.request.view = ended.view;
  job.request.path = ended.path;
  job.request.idempotency_key = ended.idempotency_key;
  job.version = ended.version;
  job.outcome = OutcomeOf(ended.outcome);
  job.phase = JobPhase::kDone;
  if (job.outcome == JobOutcome::kNone) {
    job.phase = ended.outcome == JobPhaseName(JobPhase::kCancelled)
                    ? JobPhase::kCancelled
                    : JobPhase::kFailed;
    job.error = absl::Status(static_cast<absl::StatusCode>(ended.code),
                             absl::string_view(ended.message));
  }
  job.message = ended.message;
  job.rows = ended.rows;
  job.bytes = ended.bytes;
  job.started_micros = ended.started_micros;
  job.ended_micros = ended.ended_micros;
  job.revision = 1;
  return job;
}

void RecordEnd(Catalog& catalog, LoadJob& job) {
  const absl::Status recorded = catalog.Commit([&](CatalogState& state) {
    std::erase_if(state.ended_loads,
                  [&](const EndedLoad& ended) { return ended.id == job.id; });
    state.ended_loads.push_back(ToEndedLoad(job));
    return absl::OkStatus();
  });
  if (recorded.ok()) return;
  job.message += fmt::format(" (known to this daemon only: {})",
                             std::string(recorded.message()));
}

}  // namespace freshet
