// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "versions/loads/load_job.h"

namespace freshet {

// The jobs that run and the newest of those that ended, and who waits for
// them. Safe to use from any thread.
class JobTable {
 public:
  static constexpr size_t kJobsMax = 1000;
  // Called after each change, outside the lock, on the thread that changed it.
  using OnChange = std::function<void(const LoadJob&)>;

  // `ended` comes from the catalog, oldest first.
  JobTable(const std::vector<EndedLoad>& ended, OnChange on_change);

  struct Added {
    LoadJob job;
    bool is_new = false;
  };
  // Adds `job`; or returns the one that has its idempotency key.
  // INVALID_ARGUMENT: that one is of another view. ALREADY_EXISTS: another job
  // of the view has not ended.
  absl::StatusOr<Added> Add(LoadJob job);

  // What Add would say, without adding; nullopt: it would add.
  absl::StatusOr<std::optional<LoadJob>> FindSame(
      const LoadRequest& request) const;

  absl::StatusOr<LoadJob> Get(const std::string& id) const;
  std::vector<LoadJob> List() const;  // Oldest first.

  // Requires: the job is there.
  LoadJob Update(const std::string& id,
                 const std::function<void(LoadJob&)>& change);

  // The job once its revision is beyond `revision`, or as it is after
  // `timeout`.
  absl::StatusOr<LoadJob> WaitForChange(
      const std::string& id, int64_t revision,
      std::chrono::milliseconds timeout) const;

 private:
  const LoadJob* Find(const std::string& id) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<std::optional<LoadJob>> FindSameLocked(
      const LoadRequest& request) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Trim() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const OnChange on_change_;
  mutable Mutex mu_;
  mutable CondVar changed_;
  std::deque<LoadJob> jobs_ ABSL_GUARDED_BY(mu_);
};

}  // namespace freshet
