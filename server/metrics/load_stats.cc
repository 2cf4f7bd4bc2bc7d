// SPDX-License-Identifier: Apache-2.0
#include "server/metrics/load_stats.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cctype>

#include "config/object_url.h"
#include "config/units.h"
#include "server/net/printable.h"

namespace freshet {
namespace {

std::string LowerCodeName(const absl::Status& status) {
  std::string name(CodeName(static_cast<int>(status.code())));
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return name;
}

std::string SourceOf(const LoadRequest& request) {
  return request.path.empty() ? "the definition's source"
                              : WithoutUser(request.path);
}

}  // namespace

std::string ResultOf(const LoadJob& job) {
  if (job.phase == JobPhase::kFailed) return "failed";
  if (job.phase == JobPhase::kCancelled) return "cancelled";
  switch (job.outcome) {
    case JobOutcome::kActive:
      return "active";
    case JobOutcome::kPendingApproval:
      return "pending_approval";
    case JobOutcome::kChecked:
      return "checked";
    case JobOutcome::kWaiting:
      return "waiting";
    case JobOutcome::kLoaded:
    case JobOutcome::kNone:
      break;
  }
  return "loaded";
}

void LoadStats::OnChange(const LoadJob& job) {
  bool began = false;
  {
    MutexLock lock(mu_);
    if (job.ended()) {
      running_.erase(job.id);
    } else {
      began = !running_.contains(job.id);
      running_[job.id] = job.phase;
    }
  }
  if (began) {
    spdlog::info("load '{}' of view '{}' from '{}' begins, asked for by '{}'",
                 job.id, job.request.view, SourceOf(job.request),
                 job.request.who);
  }
  if (job.ended()) OnEnd(job);
}

void LoadStats::OnRefused(const LoadRequest& request, const absl::Status& why,
                          bool known_view) {
  if (known_view) {
    const bool busy = why.code() == absl::StatusCode::kAlreadyExists;
    MutexLock lock(mu_);
    ++attempts_[{request.view, busy ? "busy" : "refused"}];
    ++errors_[{request.view, LowerCodeName(why)}];
  }
  spdlog::warn("view '{}': a load of '{}' by '{}' was refused: {}",
               Printable(request.view, kLoggedBytesMax),
               Printable(SourceOf(request), kLoggedBytesMax), request.who,
               Printable(std::string(why.message()), kLoggedBytesMax));
}

void LoadStats::OnEnd(const LoadJob& job) {
  const std::string result = ResultOf(job);
  const bool failed = !job.error.ok();
  const auto took = std::chrono::microseconds(
      std::max<int64_t>(0, job.ended_micros - job.started_micros));
  {
    MutexLock lock(mu_);
    ++attempts_[{job.request.view, result}];
    if (job.phase == JobPhase::kFailed) {
      ++errors_[{job.request.view, LowerCodeName(job.error)}];
    }
    if (!failed) durations_[job.request.view].Observe(took);
  }
  const double seconds = std::chrono::duration<double>(took).count();
  if (job.phase == JobPhase::kFailed) {
    spdlog::error("load '{}' of view '{}' failed after {:.1f} s: {}", job.id,
                  job.request.view, seconds, job.message);
  } else {
    spdlog::info(
        "load '{}' of view '{}': {} after {:.1f} s, version {}, {} rows, "
        "loader peak {}{}{}",
        job.id, job.request.view, result, seconds, job.version, job.rows,
        FormatBytes(job.loader_peak_bytes), job.message.empty() ? "" : ": ",
        job.message);
  }
}

LoadStats::Counts LoadStats::attempts() const {
  MutexLock lock(mu_);
  return attempts_;
}

LoadStats::Counts LoadStats::errors() const {
  MutexLock lock(mu_);
  return errors_;
}

std::map<std::string, DurationHistogram::Snapshot> LoadStats::durations()
    const {
  std::map<std::string, DurationHistogram::Snapshot> all;
  MutexLock lock(mu_);
  for (const auto& [view, durations] : durations_) {
    all[view] = durations.Take();
  }
  return all;
}

}  // namespace freshet
