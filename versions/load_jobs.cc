// SPDX-License-Identifier: Apache-2.0
#include "versions/load_jobs.h"

#include <algorithm>
#include <deque>
#include <map>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mutex.h"
#include "base/status.h"
#include "config/object_url.h"
#include "versions/loads/admission.h"
#include "versions/loads/folder.h"
#include "versions/loads/job_table.h"
#include "versions/loads/layer_plan.h"
#include "versions/loads/load_request.h"
#include "versions/loads/load_run.h"

namespace freshet {

// The queue and the threads that work it off. They live as long as this
// object: the kernel kills a loader when the thread that spawned it ends.
struct LoadJobs::State {
  explicit State(Parts parts);
  ~State();

  absl::StatusOr<LoadJob> Start(LoadRequest request);
  absl::StatusOr<LoadJob> Cancel(const std::string& id);
  void SetLimits(const LoadSettings& settings);

  absl::Status Admit(const std::string& id, const BatchFeatureView& view,
                     const LoadRequest& request, const LoadSettings& limits);
  LoadSettings Settings() const;
  void AddThreads() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
  void Work();
  void EndQueued(LoadJob job);

  const int64_t disk_reserve_bytes;
  JobTable jobs;
  DiskAdmission disk;
  LoadParts run_parts;

  mutable Mutex mu;
  CondVar changed;
  LoadSettings settings ABSL_GUARDED_BY(mu);
  std::deque<std::string> queue ABSL_GUARDED_BY(mu);
  std::map<std::string, std::unique_ptr<LoadRun>> running ABSL_GUARDED_BY(mu);
  std::vector<std::thread> threads ABSL_GUARDED_BY(mu);
  bool stop ABSL_GUARDED_BY(mu) = false;
  // Last: it needs the rest.
  std::unique_ptr<Folder> folder;
};

LoadJobs::State::State(Parts parts)
    : disk_reserve_bytes(parts.disk_reserve_bytes),
      jobs(parts.catalog->state()->ended_loads, std::move(parts.on_change)),
      disk({.dir = parts.dir,
            .reserve_bytes = parts.disk_reserve_bytes,
            .catalog = parts.catalog,
            .actions = parts.actions,
            .free_bytes = nullptr}),
      run_parts{.dir = parts.dir,
                .disk_reserve_bytes = parts.disk_reserve_bytes,
                .build = FRESHET_VERSION,
                .catalog = parts.catalog,
                .publisher = parts.publisher,
                .actions = parts.actions,
                .erasure = parts.erasure,
                .clock = parts.clock,
                .free_memory = std::move(parts.free_memory),
                .disk = &disk,
                .jobs = &jobs},
      settings(std::move(parts.settings)) {
  Folder::Parts folder_parts;
  folder_parts.loads = run_parts;
  folder_parts.settings = [this] { return Settings(); };
  folder_parts.say = [say = std::move(parts.say)](const std::string& sentence,
                                                  bool trouble) {
    if (say) say(sentence, trouble);
  };
  folder = std::make_unique<Folder>(std::move(folder_parts));
  MutexLock lock(mu);
  AddThreads();
}

LoadJobs::State::~State() {
  std::vector<std::thread> ending;
  {
    MutexLock lock(mu);
    stop = true;
    for (auto& [id, run] : running) run->Abandon();
    ending.swap(threads);
  }
  changed.SignalAll();
  for (std::thread& thread : ending) thread.join();
  folder.reset();
}

LoadSettings LoadJobs::State::Settings() const {
  MutexLock lock(mu);
  return settings;
}

void LoadJobs::State::SetLimits(const LoadSettings& wanted) {
  {
    MutexLock lock(mu);
    settings = wanted;
    AddThreads();
  }
  changed.SignalAll();
}

void LoadJobs::State::AddThreads() {
  const auto wanted =
      static_cast<size_t>(std::max<int64_t>(settings.concurrent_max, 1));
  while (!stop && threads.size() < wanted) {
    threads.emplace_back([this] { Work(); });
  }
}

// A key that comes again with another path is a mistake, not a retry. What
// cannot be resolved any more cannot be compared.
absl::Status CheckSamePath(const LoadJob& same, const LoadRequest& request,
                           const LoadSettings& limits) {
  if (request.path.empty()) return absl::OkStatus();
  const auto path = ResolveSnapshotPath(request.path, limits);
  if (!path.ok() || *path == same.request.path) return absl::OkStatus();
  return InvalidArgument(
      "idempotency key '{}' was used to load '{}'; use another for '{}'",
      request.idempotency_key, same.request.path, *path);
}

absl::StatusOr<LoadJob> LoadJobs::State::Start(LoadRequest request) {
  RETURN_IF_ERROR(CheckLoadRequest(request, run_parts.clock->NowMicros()));
  request.as_of_micros =
      std::min(request.as_of_micros, run_parts.clock->NowMicros());
  const Catalog::StatePtr state = run_parts.catalog->state();
  ASSIGN_OR_RETURN(const BatchFeatureView view,
                   DefinedView(*state, request.view));
  // Before the path: the snapshot of a load that ended may be gone.
  ASSIGN_OR_RETURN(const std::optional<LoadJob> same, jobs.FindSame(request));
  const LoadSettings limits = Settings();
  if (same.has_value()) {
    RETURN_IF_ERROR(CheckSamePath(*same, request, limits));
    return *same;
  }

  if (request.path.empty()) request.path = view.source.path;
  ASSIGN_OR_RETURN(request.path, ResolveSnapshotPath(request.path, limits));
  ASSIGN_OR_RETURN(request.run, RunOf(view, request, limits));
  LoadJob job;
  job.id = MakeLoadId(request.view);
  job.request = std::move(request);
  job.started_micros = run_parts.clock->NowMicros();
  RETURN_IF_ERROR(Admit(job.id, view, job.request, limits));

  // Again: another Start may have come in between.
  const auto added = jobs.Add(job);
  if (!added.ok() || !added->is_new) disk.Release(job.id);
  if (!added.ok()) return added.status();
  if (!added->is_new) return added->job;
  {
    MutexLock lock(mu);
    queue.push_back(job.id);
  }
  changed.SignalAll();
  return added->job;
}

absl::Status LoadJobs::State::Admit(const std::string& id,
                                    const BatchFeatureView& view,
                                    const LoadRequest& request,
                                    const LoadSettings& limits) {
  if (LoaderSaysSize(view.source, request.path)) return absl::OkStatus();
  ASSIGN_OR_RETURN(const SnapshotSize size, SizeOfSnapshot(request.path));
  if (limits.file_bytes_max > 0 &&
      size.largest_file_bytes > limits.file_bytes_max) {
    return InvalidArgument(
        "'{}' has a file of {} bytes, settings.load.file_max is {}",
        request.path, size.largest_file_bytes, limits.file_bytes_max);
  }
  if (request.dry_run) return absl::OkStatus();  // Builds nothing.
  const Catalog::StatePtr state = run_parts.catalog->state();
  const Manifest* before = state->CurrentManifest(request.view);
  LayerPlan layers;
  if (view.source.mode == LoadMode::kUpsert && !request.full) {
    layers = PlanUpsert(run_parts.dir, state->views.at(request.view));
  }
  RETURN_IF_ERROR(CheckMemory(
      run_parts.free_memory,
      EstimateLoadMemory(size.bytes, before, limits.sort_buffer_bytes,
                         layers.memory_bytes)));
  return disk.Admit(
      id, layers.merged_bytes +
              EstimateLoadBytes(size.bytes, before, limits.sort_buffer_bytes));
}

absl::StatusOr<LoadJob> LoadJobs::State::Cancel(const std::string& id) {
  ASSIGN_OR_RETURN(const LoadJob job, jobs.Get(id));
  if (job.ended()) return job;
  bool was_queued = false;
  {
    MutexLock lock(mu);
    was_queued = std::erase(queue, id) > 0;
    const auto run = running.find(id);
    if (run != running.end() && !run->second->Cancel()) {
      return FailedPrecondition(
          "load '{}' is being committed, too late to cancel it: `freshet "
          "rollback {}` undoes it",
          id, job.request.view);
    }
  }
  if (was_queued) EndQueued(job);
  return jobs.Get(id);
}

void LoadJobs::State::EndQueued(LoadJob job) {
  disk.Release(job.id);
  job.phase = JobPhase::kCancelled;
  job.error = Cancelled("the load was cancelled before it began");
  job.message = std::string(job.error.message());
  job.ended_micros = run_parts.clock->NowMicros();
  RecordEnd(*run_parts.catalog, job);
  jobs.Update(job.id, [&](LoadJob& j) {
    job.revision = j.revision;
    j = job;
  });
}

void LoadJobs::State::Work() {
  for (;;) {
    LoadRun* run = nullptr;
    std::string id;
    {
      MutexLock lock(mu);
      const auto may_begin = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu) {
        return !queue.empty() &&
               static_cast<int64_t>(running.size()) <
                   std::max<int64_t>(settings.concurrent_max, 1);
      };
      while (!stop && !may_begin()) changed.Wait(mu);
      if (stop) return;
      id = queue.front();
      queue.pop_front();
      auto begun = std::make_unique<LoadRun>(run_parts, settings, id);
      run = begun.get();
      running.emplace(id, std::move(begun));
    }
    run->Run();
    {
      MutexLock lock(mu);
      running.erase(id);
    }
    folder->Wake();
    changed.SignalAll();
  }
}

LoadJobs::LoadJobs(Parts parts)
    : state_(std::make_unique<State>(std::move(parts))) {}

LoadJobs::~LoadJobs() = default;

absl::StatusOr<LoadJob> LoadJobs::Start(const LoadRequest& request) {
  return state_->Start(request);
}

absl::StatusOr<LoadJob> LoadJobs::Get(const std::string& id) const {
  return state_->jobs.Get(id);
}

std::vector<LoadJob> LoadJobs::List() const { return state_->jobs.List(); }

absl::StatusOr<LoadJob> LoadJobs::Cancel(const std::string& id) {
  return state_->Cancel(id);
}

absl::StatusOr<LoadJob> LoadJobs::WaitForChange(
    const std::string& id, int64_t revision,
    std::chrono::milliseconds timeout) const {
  return state_->jobs.WaitForChange(id, revision, timeout);
}

bool LoadJobs::WaitForFolds(std::chrono::milliseconds timeout) {
  return state_->folder->WaitUntilDone(timeout);
}

void LoadJobs::SetLimits(const LoadSettings& settings) {
  state_->SetLimits(settings);
}

}  // namespace freshet
