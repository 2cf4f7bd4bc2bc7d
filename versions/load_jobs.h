// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "config/settings.h"
#include "versions/catalog.h"
#include "versions/loads/load_job.h"
#include "versions/publisher.h"
#include "versions/version_actions.h"

namespace freshet {

class Clock;
class Erasure;

// Loads snapshots: one loader process per load, at most one load per view,
// `concurrent_max` in all; the others queue in order. A job ends in a version
// that serves, in one that a guard holds, or in an error that left nothing on
// disk. Ended jobs, the newest thousand, are in the catalog and so outlive the
// daemon, and with them their idempotency keys; a load that the end of the
// daemon cut short leaves no trace, and its key is free. Safe to use from any
// thread.
class LoadJobs {
 public:
  struct Parts {
    std::string dir;  // Storage directory.
    Catalog* catalog;
    Publisher* publisher;
    VersionActions* actions;
    Erasure* erasure;
    const Clock* clock;
    LoadSettings settings;  // `loader`, `roots` and `relative_to`
                            // resolved.
    int64_t disk_reserve_bytes;
    std::function<absl::StatusOr<int64_t>()> free_memory;  // See FreeMemory.
    // Called after each change of a job, on the thread that made it, without
    // any lock of ours held. For logs and metrics.
    std::function<void(const LoadJob&)> on_change;
    // As Folder::Parts::say. May be empty.
    std::function<void(const std::string& sentence, bool trouble)> say;
  };
  explicit LoadJobs(Parts parts);
  // Cancels what runs, waits for its loaders to end.
  ~LoadJobs();

  // ALREADY_EXISTS names the load that runs for the view. A known idempotency
  // key returns its job as it is. NOT_FOUND: no such view. INVALID_ARGUMENT:
  // the path, the label, or a key that belongs to another view.
  // PERMISSION_DENIED: a path outside the roots. RESOURCE_EXHAUSTED: disk.
  // A relative path starts at settings.relative_to.
  absl::StatusOr<LoadJob> Start(const LoadRequest& request);
  absl::StatusOr<LoadJob> Get(const std::string& id) const;
  // Those that run, and ended ones kept; oldest first.
  std::vector<LoadJob> List() const;

  // Before the commit: the job ends cancelled, soon. FAILED_PRECONDITION
  // afterwards; a job that has ended is returned as it is.
  absl::StatusOr<LoadJob> Cancel(const std::string& id);

  // The job once its revision is beyond `revision`, or as it is after
  // `timeout` or once it has ended.
  absl::StatusOr<LoadJob> WaitForChange(
      const std::string& id, int64_t revision,
      std::chrono::milliseconds timeout) const;

  // Waits until no version is to be folded; false: not within `timeout`.
  bool WaitForFolds(std::chrono::milliseconds timeout);

  // Settings that a reload may change: for loads that begin later.
  void SetLimits(const LoadSettings& settings);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freshet
