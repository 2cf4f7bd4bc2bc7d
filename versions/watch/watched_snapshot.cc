// SPDX-License-Identifier: Apache-2.0
#include "versions/watch/watched_snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/hash.h"

namespace freshet {
namespace {

constexpr std::chrono::seconds kRetryFirst(5);
constexpr std::chrono::seconds kRetryMax(300);

// Whether the same files would give the same error.
bool IsFinal(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kAlreadyExists:  // Keys that occur twice.
    case absl::StatusCode::kCancelled:      // Somebody did not want it.
      return true;
    default:
      return false;
  }
}

// Whether it is one that failed for the moment, before a restart or before the
// source looked otherwise for a while: it says nothing of what is there now.
bool IsSpent(const LoadJob& job) {
  return job.ended() && job.phase != JobPhase::kDone && !IsFinal(job.error);
}

}  // namespace

bool IsLoaded(const CatalogState& catalog, const Sighting& sighting) {
  const auto view = catalog.views.find(sighting.view);
  if (view == catalog.views.end()) return false;
  const ViewRecord& record = view->second;
  return std::any_of(record.versions.begin(), record.versions.end(),
                     [&](const auto& entry) {
                       const VersionRecord& version = entry.second;
                       // One of a history may be of other tiles.
                       if (version.manifest.history &&
                           version.manifest.generation != record.generation) {
                         return false;
                       }
                       return version.phase != VersionRecord::Phase::kCorrupt &&
                              version.manifest.source == sighting.path &&
                              version.manifest.source_sum == sighting.sum &&
                              version.manifest.schema == record.schema;
                     });
}

WatchedSnapshot::WatchedSnapshot(std::string view, std::string definitions_hash)
    : view_(std::move(view)), definitions_hash_(std::move(definitions_hash)) {}

std::string WatchedSnapshot::Take(const Sighting& sighting,
                                  const CatalogState& catalog, LoadJobs& loads,
                                  Time now) {
  if (stage_ == Stage::kLoading) {
    const auto job = loads.Get(job_);
    if (job.ok() && !job->ended()) return {};
    std::string said = job.ok() ? Follow(*job, now) : Fail(job.status(), now);
    if (!said.empty()) return said;
  }
  if (sighting.path != path_ || sighting.sum != sum_) {
    path_ = sighting.path;
    sum_ = sighting.sum;
    attempt_ = failures_ = 0;
    trouble_ = absl::OkStatus();
    stage_ = Stage::kDue;
    due_at_ = now;
  }
  if (stage_ != Stage::kDue || now < due_at_) return {};
  if (IsLoaded(catalog, sighting)) {
    trouble_ = absl::OkStatus();
    stage_ = Stage::kSettled;
    return {};
  }
  const auto view = catalog.views.find(view_);
  generation_ = view == catalog.views.end() ? 1 : view->second.generation;
  return Start(sighting, loads, now);
}

std::string WatchedSnapshot::Start(const Sighting& sighting, LoadJobs& loads,
                                   Time now) {
  LoadRequest request;
  request.view = view_;
  request.path = sighting.path;
  request.source_sum = sum_;
  request.who = "watch";
  // A view that was removed and came back loads anew.
  const std::string life =
      generation_ == 1 ? "" : fmt::format(" {}", generation_);
  const uint64_t files = Xxh3(fmt::format("{} {:x}{}", path_, sum_, life));
  absl::StatusOr<LoadJob> job;
  do {
    // The same after a restart: what was refused or deleted stays so.
    request.idempotency_key = fmt::format("watch-{}-{:016x}-{}-{}", view_,
                                          files, definitions_hash_, attempt_);
    job = loads.Start(request);
  } while (job.ok() && IsSpent(*job) && ++attempt_ > 0);
  if (!job.ok()) {
    // Another load of the view runs; this one waits for it.
    if (absl::IsAlreadyExists(job.status())) return {};
    return Fail(job.status(), now);
  }
  stage_ = Stage::kLoading;
  job_ = job->id;
  if (job->ended()) return Follow(*job, now);
  return fmt::format(
      "view '{}': '{}' has a new snapshot ({} files, {} bytes); "
      "load '{}' begins",
      view_, sighting.path, sighting.files, sighting.bytes, job_);
}

std::string WatchedSnapshot::Follow(const LoadJob& job, Time now) {
  if (job.phase == JobPhase::kDone) {
    trouble_ = absl::OkStatus();
    stage_ = Stage::kSettled;
    return {};
  }
  return Fail(job.error, now);
}

std::string WatchedSnapshot::Fail(const absl::Status& why, Time now) {
  trouble_ = why;
  if (IsFinal(why)) {
    stage_ = Stage::kSettled;
    return fmt::format(
        "view '{}': the snapshot at '{}' is left alone until it changes: {}",
        view_, path_, std::string(why.message()));
  }
  const auto pause = std::min<std::chrono::seconds>(
      kRetryMax, kRetryFirst * (1 << std::min(failures_, 10)));
  ++failures_;
  ++attempt_;
  stage_ = Stage::kDue;
  due_at_ = now + pause;
  return fmt::format(
      "view '{}': the snapshot at '{}' is tried again in {} s or later: {}",
      view_, path_, pause.count(), std::string(why.message()));
}

}  // namespace freshet
