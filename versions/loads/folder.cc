// SPDX-License-Identifier: Apache-2.0
#include "versions/loads/folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/failpoint.h"
#include "base/file.h"
#include "base/status.h"
#include "storage/manifest.h"
#include "versions/erasure/erasure.h"
#include "versions/erasure/forgotten.h"
#include "versions/layout.h"
#include "versions/loads/load_request.h"
#include "versions/serving_parts/version_opener.h"

namespace freshet {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::seconds kRetryAfter(60);
// How often it looks though nobody woke it.
constexpr std::chrono::milliseconds kTick(5'000);

// Name of its share of the disk.
std::string ShareOf(const std::string& view) { return "fold-" + view; }

// The version is `built` from here on, if it is `before` still.
// `forgotten`: whose rows it was written without.
absl::Status TakeFold(const Manifest& built, const Manifest& before,
                      const std::vector<ForgottenKey>& forgotten,
                      CatalogState& state) {
  const auto view = state.views.find(built.view);
  if (view == state.views.end() ||
      view->second.Find(built.version) == nullptr) {
    return Aborted("it was deleted meanwhile");
  }
  Manifest& manifest = view->second.versions.at(built.version).manifest;
  if (manifest != before ||
      (built.base > 0 && view->second.Find(built.base) == nullptr)) {
    return Aborted("it was changed meanwhile");
  }
  manifest = built;
  if (built.base != before.base) {
    NoteMerged(built.version, forgotten, view->second);
  }
  NoteRewritten(before, built, view->second);
  return absl::OkStatus();
}

}  // namespace

Folder::Folder(Parts parts) : parts_(std::move(parts)) {
  thread_ = std::thread([this] { Work(); });
}

Folder::~Folder() {
  {
    MutexLock lock(mu_);
    stop_ = true;
    if (loader_ != nullptr) loader_->Cancel();
  }
  changed_.SignalAll();
  thread_.join();
}

void Folder::Wake() {
  {
    MutexLock lock(mu_);
    due_ = true;
  }
  changed_.SignalAll();
}

bool Folder::WaitUntilDone(std::chrono::milliseconds timeout) {
  const auto end = SteadyClock::now() + timeout;
  Wake();
  MutexLock lock(mu_);
  while (due_ || busy_) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - SteadyClock::now());
    if (left.count() <= 0) return false;
    changed_.WaitFor(mu_, left);
  }
  return true;
}

bool Folder::stopped() const {
  MutexLock lock(mu_);
  return stop_;
}

void Folder::Work() {
  while (!stopped()) {
    {
      MutexLock lock(mu_);
      due_ = false;
      busy_ = true;
    }
    while (!stopped() && FoldOne()) {
    }
    RemoveLeftovers();
    DropErased();
    MutexLock lock(mu_);
    busy_ = false;
    changed_.SignalAll();
    const auto end = SteadyClock::now() + kTick;
    while (!stop_ && !due_ && SteadyClock::now() < end) {
      changed_.WaitFor(mu_, kTick);
    }
  }
}

// What was replaced and is not removed yet is not written anew once more, and
// what could not be holds up no other.
std::optional<LayerPlan> Folder::PlanOf(const ViewRecord& view) const {
  const std::string& dir = parts_.loads.dir;
  std::set<int64_t> settled_later;
  for (const Leftover& old : leftovers_) {
    if (old.view == view.view) settled_later.insert(old.version);
  }
  for (const auto& [failed, until] : failed_) {
    if (failed.first == view.view && SteadyClock::now() < until) {
      settled_later.insert(failed.second);
    }
  }
  auto plan = PlanFold(dir, view);
  if (plan.has_value() && !settled_later.contains(plan->version)) return plan;
  return PlanErasure(dir, view, parts_.loads.erasure->due_micros(),
                     settled_later);
}

bool Folder::FoldOne() {
  const Catalog::StatePtr state = parts_.loads.catalog->state();
  for (const auto& [view, record] : state->views) {
    const auto plan = PlanOf(record);
    if (!plan.has_value() || record.removed) continue;
    const Manifest& before = record.Find(plan->version)->manifest;
    const absl::Status done = Fold(view, *plan, before);
    failed_.erase({view, before.version});
    if (done.ok()) {
      parts_.say(
          plan->spec.merged == 1
              ? fmt::format("view '{}', version {}: written anew without what "
                            "was forgotten",
                            view, before.version)
              : fmt::format("view '{}', version {}: folded {} layers into {}",
                            view, before.version, plan->spec.chain.size(),
                            plan->spec.chain.size() -
                                static_cast<size_t>(plan->spec.merged) + 1),
          /*trouble=*/false);
    } else if (!stopped()) {
      failed_[{view, before.version}] = SteadyClock::now() + kRetryAfter;
      // Deleted or activated meanwhile: nothing is wrong.
      if (absl::IsAborted(done)) return true;
      parts_.say(
          fmt::format("view '{}', version {} could not be {}, it is tried "
                      "again in {} s: {}",
                      view, before.version,
                      plan->spec.merged == 1
                          ? "written anew without what was forgotten"
                          : "folded",
                      kRetryAfter.count(), std::string(done.message())),
          /*trouble=*/true);
    }
    return true;
  }
  return false;
}

absl::Status Folder::Fold(const std::string& view, const LayerPlan& plan,
                          const Manifest& before) {
  const LoadParts& loads = parts_.loads;
  const LoadSpec spec = SpecOf(plan, before);
  absl::Status done = Build(spec, plan);
  absl::StatusOr<Manifest> built = absl::CancelledError("");
  if (done.ok()) {
    built = ReadManifest(spec.building_dir);
    done = built.status();
  }
  // Without what was forgotten it answers for fewer keys.
  const bool recounts = plan.spec.recount || !plan.spec.forgotten.empty();
  if (done.ok() &&
      (built->version != before.version || built->schema != before.schema ||
       (!recounts && built->live_rows != before.live_rows))) {
    done = Internal("the loader folded it into another version");
  }
  if (done.ok()) done = ReadAhead(*built, spec.building_dir);
  if (done.ok() && stopped()) done = Cancelled("the daemon stops");
  if (done.ok()) done = Commit(*built, before, spec.layers.forgotten);
  loads.disk->Release(ShareOf(view));
  if (!done.ok()) {
    const absl::Status removed = RemoveTree(spec.building_dir);
    return removed.ok() ? done : Annotate(done, removed.ToString());
  }
  // Only a load that is under way may be about to read it.
  const auto wait =
      IsLoading(view) ? parts_.remove_after : std::chrono::milliseconds(0);
  leftovers_.push_back({view, before.version, before.fold,
                        spec.layers.forgotten, SteadyClock::now() + wait});
  RETURN_IF_ERROR(loads.publisher->Refresh(loads.clock->NowMicros(), view));
  return loads.actions->ApplyRetention(view);
}

// Into the row cache, where it is one of those that answer.
absl::Status Folder::ReadAhead(const Manifest& built,
                               const std::string& building) {
  const LoadParts& loads = parts_.loads;
  const Catalog::StatePtr state = loads.catalog->state();
  const ViewRecord& view = state->views.at(built.view);
  const VersionRecord* current = view.Find(view.current);
  if (current == nullptr) return absl::OkStatus();
  VersionChain chain = view.current == built.version
                           ? ChainOver(loads.dir, view, {building, built})
                           : ChainOf(loads.dir, view, current->manifest);
  const auto layer =
      std::find_if(chain.layers.begin(), chain.layers.end(),
                   [&](const VersionDirectory& one) {
                     return one.expected.version == built.version;
                   });
  if (layer == chain.layers.end()) return absl::OkStatus();
  *layer = {building, built};
  return loads.publisher->ReadAhead(chain, [this] { return !stopped(); });
}

bool Folder::IsLoading(const std::string& view) const {
  const std::vector<LoadJob> jobs = parts_.loads.jobs->List();
  return std::any_of(jobs.begin(), jobs.end(), [&](const LoadJob& job) {
    return job.request.view == view && !job.ended();
  });
}

bool Folder::HasLeftover(const std::string& view) const {
  return std::any_of(leftovers_.begin(), leftovers_.end(),
                     [&](const Leftover& old) { return old.view == view; });
}

LoadSpec Folder::SpecOf(const LayerPlan& plan, const Manifest& before) const {
  LoadSpec spec;
  spec.view = before.view;
  spec.version = before.version;
  spec.generation = before.generation;
  spec.schema = before.schema;
  spec.layers = plan.spec;
  spec.building_dir = BuildingDir(parts_.loads.dir, before.view, before.version,
                                  plan.spec.fold);
  spec.now_micros = parts_.loads.clock->NowMicros();
  TakeSettings(parts_.settings(), plan.memory_bytes, spec);
  spec.disk_reserve_bytes = parts_.loads.disk_reserve_bytes;
  spec.build = parts_.loads.build;
  return spec;
}

absl::Status Folder::Build(const LoadSpec& spec, const LayerPlan& plan) {
  DiskAdmission& disk = *parts_.loads.disk;
  const std::string share = ShareOf(spec.view);
  RETURN_IF_ERROR(disk.Admit(share, plan.merged_bytes));
  // What an attempt before may have left.
  RETURN_IF_ERROR(RemoveTree(spec.building_dir));
  RETURN_IF_ERROR(RemoveTree(
      VersionDir(parts_.loads.dir, spec.view, spec.version, spec.layers.fold)));
  RETURN_IF_ERROR(MakeDir(spec.building_dir));
  LoaderProcess loader(ProcessOptions(parts_.settings()));
  {
    MutexLock lock(mu_);
    if (stop_) return Cancelled("the daemon stops");
    loader_ = &loader;
  }
  absl::Status done = loader.Run(spec, [&](const LoadProgress& progress) {
    disk.Wrote(share, progress.bytes_written);
    return FAILPOINT("fold.building");
  });
  MutexLock lock(mu_);
  loader_ = nullptr;
  return done;
}

absl::Status Folder::Commit(const Manifest& built, const Manifest& before,
                            const std::vector<ForgottenKey>& forgotten) {
  const LoadParts& loads = parts_.loads;
  const std::string& view = built.view;
  const std::string whole =
      VersionDir(loads.dir, view, built.version, built.fold);
  RETURN_IF_ERROR(FAILPOINT("fold.before_rename"));
  RETURN_IF_ERROR(RenameSynced(
      BuildingDir(loads.dir, view, built.version, built.fold), whole));
  absl::Status done = FAILPOINT("fold.after_rename");
  if (done.ok()) {
    done = loads.catalog->Commit([&](CatalogState& state) {
      return TakeFold(built, before, forgotten, state);
    });
  }
  if (done.ok()) return FAILPOINT("fold.committed");
  if (loads.catalog->may_count()) return done;  // Only a start knows.
  const absl::Status removed = RemoveTree(whole);
  return removed.ok() ? done : Annotate(done, removed.ToString());
}

absl::Status Folder::RemoveLeftover(const Leftover& old) {
  const LoadParts& loads = parts_.loads;
  RETURN_IF_ERROR(RemoveVersionDir(loads.dir, old.view, old.version, old.fold));
  return loads.erasure->NoteErased(old.view, old.version, old.forgotten);
}

void Folder::RemoveLeftovers() {
  std::vector<Leftover> later;
  for (const Leftover& old : leftovers_) {
    if (SteadyClock::now() < old.due) {
      later.push_back(old);
      continue;
    }
    const absl::Status removed = RemoveLeftover(old);
    if (removed.ok()) continue;
    parts_.say(
        fmt::format("view '{}', version {}: what was replaced stays, its "
                    "removal is tried again in {} s: {}",
                    old.view, old.version, kRetryAfter.count(),
                    std::string(removed.message())),
        /*trouble=*/true);
    later.push_back(old);
    later.back().due = SteadyClock::now() + kRetryAfter;
  }
  leftovers_ = std::move(later);
}

void Folder::DropErased() {
  const absl::Status dropped =
      parts_.loads.erasure->DropErased([this](const std::string& view) {
        return IsLoading(view) || HasLeftover(view);
      });
  if (dropped.ok()) return;
  parts_.say(fmt::format("what was erased stays in the list of what was "
                         "forgotten: {}",
                         std::string(dropped.message())),
             /*trouble=*/true);
}

}  // namespace freshet
