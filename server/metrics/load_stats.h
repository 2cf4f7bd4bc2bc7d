// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "base/mutex.h"
#include "server/net/request_stats.h"
#include "versions/load_jobs.h"

namespace freshet {

// How a load can end, and how it can fail to begin: `refused`, or `busy` when
// another load of the view runs.
inline constexpr std::array<std::string_view, 9> kLoadResults = {
    "active",    "loaded",  "waiting", "pending_approval", "checked", "failed",
    "cancelled", "refused", "busy"};

// Watches loads begin, end and be refused: one line each in the log, and the
// counters of the metrics page. Safe to use from any thread.
class LoadStats {
 public:
  // For every change of a job.
  void OnChange(const LoadJob& job);

  // For a load that got no job: only this keeps the reason. Counted if there
  // is such a view, so that callers cannot make up labels.
  void OnRefused(const LoadRequest& request, const absl::Status& why,
                 bool known_view);

  // (view, result) or (view, gRPC code in lower case) -> loads.
  using Counts = std::map<std::pair<std::string, std::string>, uint64_t>;
  // Only what happened: the page adds the zeros.
  Counts attempts() const;
  // Of loads that failed or were refused.
  Counts errors() const;
  // By view; of loads that did not fail.
  std::map<std::string, DurationHistogram::Snapshot> durations() const;

 private:
  void OnEnd(const LoadJob& job);

  mutable Mutex mu_;
  // Of jobs that have not ended.
  std::map<std::string, JobPhase> running_ ABSL_GUARDED_BY(mu_);
  Counts attempts_ ABSL_GUARDED_BY(mu_);
  Counts errors_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, DurationHistogram> durations_ ABSL_GUARDED_BY(mu_);
};

// One of kLoadResults. Requires: the job has ended.
std::string ResultOf(const LoadJob& job);

}  // namespace freshet
