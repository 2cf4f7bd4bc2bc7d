// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <tuple>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "server/net/request_stats.h"
#include "versions/load_jobs.h"

namespace freshet {

// Watches loads begin and end: one line each in the log, and the counters of
// the metrics page. Safe to use from any thread.
class LoadStats {
 public:
  // For every change of a job.
  void OnChange(const LoadJob& job);

  // (view, result, reason) -> loads that ended so.
  using Attempts =
      std::map<std::tuple<std::string, std::string, std::string>, uint64_t>;
  Attempts attempts() const;
  // By view; of loads that did not fail.
  std::map<std::string, DurationHistogram::Snapshot> durations() const;

 private:
  void OnEnd(const LoadJob& job);

  mutable Mutex mu_;
  // Of jobs that have not ended.
  std::map<std::string, JobPhase> running_ ABSL_GUARDED_BY(mu_);
  Attempts attempts_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, DurationHistogram> durations_ ABSL_GUARDED_BY(mu_);
};

// `active`, `loaded`, `pending_approval`, `checked`, `failed`, `cancelled`.
// Requires: the job has ended.
std::string ResultOf(const LoadJob& job);

}  // namespace freshet
