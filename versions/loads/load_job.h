// SPDX-License-Identifier: Apache-2.0
// A load as the API shows it: plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "storage/protocol/load_protocol.h"
#include "versions/catalog_state.h"

namespace freshet {

class Catalog;

struct LoadRequest {
  std::string view;
  std::string path;  // "": the definition's.
  std::string idempotency_key;
  uint64_t source_sum = 0;  // Of the files that are meant; 0: what is there.
  bool no_activate = false;
  bool dry_run = false;
  bool full = false;  // All there is, also where the source has upserts.
  bool has_as_of = false;
  int64_t as_of_micros = 0;
  std::string label;
  std::string run;  // Of the view's snapshot group; "": the directory's name.
  std::string who;
};

// The daemon's phases of a load; the loader's own are inside. In order: a job
// never goes back.
enum class JobPhase {
  kQueued,
  kStarting,
  kReading,
  kWriting,
  kIngesting,
  kVerifying,
  kCommitting,
  kActivating,
  kDone,
  kFailed,
  kCancelled,
};
enum class JobOutcome {
  kNone,
  kActive,
  kLoaded,
  kPendingApproval,
  kChecked,
  kWaiting,  // For its snapshot group.
};

std::string_view JobPhaseName(JobPhase phase);
JobPhase JobPhaseOf(LoadPhase phase);
// As the catalog writes it; "" for kNone.
std::string_view JobOutcomeName(JobOutcome outcome);

// A job as it stands: a copy, safe to keep.
struct LoadJob {
  std::string id;
  LoadRequest request;  // With the path that is read.
  JobPhase phase = JobPhase::kQueued;
  JobOutcome outcome = JobOutcome::kNone;
  int64_t version = 0;  // 0: none was made.
  int64_t rows = 0;     // In this phase, so far.
  int64_t rows_total = 0;
  int64_t bytes = 0;
  int64_t bytes_total = 0;
  double eta_seconds = -1;  // Negative: not known.
  int64_t started_micros = 0;
  int64_t ended_micros = 0;
  int64_t loader_peak_bytes = 0;
  absl::Status error;    // kFailed, kCancelled.
  std::string message;   // Why it failed or is held, and what to do.
  int64_t revision = 0;  // Rises with each change.

  bool ended() const { return phase >= JobPhase::kDone; }
};

// What the catalog keeps of an ended job, and back.
EndedLoad ToEndedLoad(const LoadJob& job);
LoadJob FromEndedLoad(const EndedLoad& ended);

// Puts an ended job down in the catalog; if that fails its message says so.
void RecordEnd(Catalog& catalog, LoadJob& job);

}  // namespace freshet
