// SPDX-License-Identifier: Apache-2.0
#include "versions/loads/job_table.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/status.h"

namespace freshet {

JobTable::JobTable(const std::vector<EndedLoad>& ended, OnChange on_change)
    : on_change_(std::move(on_change)) {
  MutexLock lock(mu_);
  for (const EndedLoad& load : ended) jobs_.push_back(FromEndedLoad(load));
}

absl::StatusOr<JobTable::Added> JobTable::Add(LoadJob job) {
  {
    MutexLock lock(mu_);
    ASSIGN_OR_RETURN(const std::optional<LoadJob> same,
                     FindSameLocked(job.request));
    if (same.has_value()) return Added{*same, false};
    job.revision = 1;
    jobs_.push_back(job);
    Trim();
  }
  if (on_change_) on_change_(job);
  return Added{std::move(job), true};
}

absl::StatusOr<std::optional<LoadJob>> JobTable::FindSame(
    const LoadRequest& request) const {
  MutexLock lock(mu_);
  return FindSameLocked(request);
}

absl::StatusOr<std::optional<LoadJob>> JobTable::FindSameLocked(
    const LoadRequest& request) const {
  const std::string& key = request.idempotency_key;
  for (const LoadJob& job : jobs_) {
    if (key.empty() || job.request.idempotency_key != key) continue;
    if (job.request.view == request.view) return job;
    return InvalidArgument(
        "idempotency key '{}' belongs to load '{}' of view '{}'; use another "
        "for view '{}'",
        key, job.id, job.request.view, request.view);
  }
  for (const LoadJob& job : jobs_) {
    if (job.ended() || job.request.view != request.view) continue;
    return AlreadyExists(
        "load '{}' of view '{}' is in phase '{}': watch it with "
        "`freshet watch {}`, or cancel it first",
        job.id, request.view, JobPhaseName(job.phase), job.id);
  }
  return std::nullopt;
}

absl::StatusOr<LoadJob> JobTable::Get(const std::string& id) const {
  MutexLock lock(mu_);
  const LoadJob* job = Find(id);
  if (job == nullptr) {
    return NotFound("no load '{}': `freshet loads` lists those kept", id);
  }
  return *job;
}

std::vector<LoadJob> JobTable::List() const {
  MutexLock lock(mu_);
  return {jobs_.begin(), jobs_.end()};
}

LoadJob JobTable::Update(const std::string& id,
                         const std::function<void(LoadJob&)>& change) {
  LoadJob copy;
  {
    MutexLock lock(mu_);
    const auto job = std::find_if(jobs_.rbegin(), jobs_.rend(),
                                  [&](const LoadJob& j) { return j.id == id; });
    CHECK(job != jobs_.rend());
    change(*job);
    ++job->revision;
    copy = *job;
  }
  changed_.SignalAll();
  if (on_change_) on_change_(copy);
  return copy;
}

absl::StatusOr<LoadJob> JobTable::WaitForChange(
    const std::string& id, int64_t revision,
    std::chrono::milliseconds timeout) const {
  const auto until = std::chrono::steady_clock::now() + timeout;
  {
    MutexLock lock(mu_);
    const LoadJob* job = Find(id);
    while (job != nullptr && job->revision <= revision && !job->ended()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(
          until - std::chrono::steady_clock::now());
      if (left.count() <= 0) break;
      changed_.WaitFor(mu_, left);
      job = Find(id);
    }
  }
  return Get(id);
}

// Newest first: those are asked for.
const LoadJob* JobTable::Find(const std::string& id) const {
  const auto it = std::find_if(jobs_.rbegin(), jobs_.rend(),
                               [&](const LoadJob& j) { return j.id == id; });
  return it == jobs_.rend() ? nullptr : &*it;
}

void JobTable::Trim() {
  for (auto it = jobs_.begin(); jobs_.size() > kJobsMax && it != jobs_.end();) {
    it = it->ended() ? jobs_.erase(it) : it + 1;
  }
}

}  // namespace freshet
