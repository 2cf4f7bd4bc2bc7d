// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/settings.h"
#include "versions/catalog.h"
#include "versions/version_actions.h"

namespace freshet {

struct LoadRequest {
  std::string view;
  std::string path;  // "": the definition's.
  std::string idempotency_key;
  bool no_activate = false;
  bool dry_run = false;
  bool has_as_of = false;
  int64_t as_of_micros = 0;
  std::string label;
  std::string who;
};

// The daemon's phases of a load; the loader's own are inside.
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
enum class JobOutcome { kNone, kActive, kLoaded, kPendingApproval, kChecked };

std::string_view JobPhaseName(JobPhase phase);

// A job as it stands: a copy, safe to keep.
struct LoadJob {
  std::string id;
  LoadRequest request;
  JobPhase phase = JobPhase::kQueued;
  JobOutcome outcome = JobOutcome::kNone;
  int64_t version = 0;
  int64_t rows = 0;
  int64_t rows_total = 0;
  int64_t bytes = 0;
  int64_t bytes_total = 0;
  double eta_seconds = -1;
  int64_t started_micros = 0;
  int64_t ended_micros = 0;
  int64_t loader_peak_bytes = 0;
  absl::Status error;    // kFailed, kCancelled.
  std::string message;   // Why it failed or is held, and what to do.
  int64_t revision = 0;  // Rises with each change.

  bool ended() const { return phase >= JobPhase::kDone; }
};

// Loads snapshots: one loader process per load, at most one load per view,
// `concurrent_max` in all; the others queue in order. A job ends in a version
// that serves, in one that a guard holds, or in an error that left nothing on
// disk. Safe to use from any thread.
class LoadJobs {
 public:
  struct Parts {
    std::string dir;  // Storage directory.
    Catalog* catalog;
    Publisher* publisher;
    VersionActions* actions;
    const Clock* clock;
    LoadSettings settings;  // `loader` and `roots` resolved.
    int64_t disk_reserve_bytes;
    std::function<void(const LoadJob&)> on_change;  // For logs and metrics.
  };
  explicit LoadJobs(Parts parts);
  // Cancels what runs, waits for its loaders to end.
  ~LoadJobs();

  // ALREADY_EXISTS names the load that runs for the view. A known idempotency
  // key returns its job as it is. NOT_FOUND: no such view. INVALID_ARGUMENT,
  // PERMISSION_DENIED: the path. RESOURCE_EXHAUSTED: disk.
  absl::StatusOr<LoadJob> Start(const LoadRequest& request);
  absl::StatusOr<LoadJob> Get(const std::string& id) const;
  std::vector<LoadJob> List() const;  // Running ones, and ended ones kept.
  absl::StatusOr<LoadJob> Cancel(const std::string& id);

  // The job once its revision is beyond `revision`, or as it is after
  // `timeout`.
  absl::StatusOr<LoadJob> WaitForChange(
      const std::string& id, int64_t revision,
      std::chrono::milliseconds timeout) const;

  // Settings that a reload may change.
  void SetLimits(const LoadSettings& settings);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freshet
