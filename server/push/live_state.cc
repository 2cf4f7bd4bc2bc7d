// SPDX-License-Identifier: Apache-2.0
#include "server/push/live_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/status.h"

namespace freshet {

LiveState::LiveState(const Settings& settings, Say say, const Clock& clock)
    : settings_(settings.storage),
      event_export_(settings.event_export),
      say_(std::move(say)),
      clock_(clock) {}

ServeLive LiveState::Serving(std::shared_ptr<LiveState> state) {
  return [state = std::move(state)](const AppliedViews& applied,
                                    StoreResources& resources) {
    return state->Serve(applied, resources);
  };
}

LiveViews* LiveState::views() const {
  MutexLock lock(mu_);
  return views_.get();
}

Feeds* LiveState::feeds() const {
  MutexLock lock(mu_);
  return feeds_.get();
}

std::vector<SourceState> LiveState::SourceStates() const {
  const Feeds* feeds = this->feeds();
  return feeds == nullptr ? std::vector<SourceState>() : feeds->states();
}

LiveViews::Stats LiveState::stats() const {
  const LiveViews* views = this->views();
  return views == nullptr ? LiveViews::Stats() : views->stats();
}

absl::Status LiveState::health() const {
  MutexLock lock(mu_);
  if (!trouble_.ok() || views_ == nullptr) return trouble_;
  return views_->health();
}

absl::Status LiveState::Settle(const AppliedViews& applied,
                               StoreResources& resources) {
  const Definitions& definitions = applied.definitions;
  if (LiveViews* views = this->views()) {
    feeds()->End(definitions);
    absl::Status settled = views->Apply(applied);
    feeds()->Begin();
    return settled;
  }
  // A catalog that was lost says nothing of what is here.
  if (definitions.project.empty() || (definitions.stream_sources.empty() &&
                                      !HasLiveState(settings_.directory))) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(
      std::unique_ptr<LiveViews> opened,
      LiveViews::Open(
          {.dir = settings_.directory,
           .disk_reserve_bytes = settings_.disk_reserve_bytes,
           .log_copied_bytes_max = event_export_.directory.empty()
                                       ? 0
                                       : event_export_.log_bytes_max},
          applied, resources, clock_));
  const LiveViews::Stats stats = opened->stats();
  say_(fmt::format("live rows: {} records, {} bytes of change log, {} "
                   "of windows and rows",
                   stats.records, stats.log_bytes, stats.store.file_bytes),
       /*trouble=*/false);
  auto feeds = std::make_unique<Feeds>(
      *opened, clock_,
      Feeds::Options{.dead_letters_dir = settings_.directory + "/dead_letters",
                     .say = say_});
  feeds->Begin();
  MutexLock lock(mu_);
  views_ = std::move(opened);
  feeds_ = std::move(feeds);
  return absl::OkStatus();
}

ServedLive LiveState::Serve(const AppliedViews& applied,
                            StoreResources& resources) {
  const Definitions& definitions = applied.definitions;
  const absl::Status settled = Settle(applied, resources);
  const std::string said = std::exchange(said_, std::string(settled.message()));
  if (!settled.ok() && said != said_) {
    say_(fmt::format("windows and live rows cannot be served: {}",
                     std::string(settled.message())),
         /*trouble=*/true);
  }
  ServedLive served{.message = std::string(settled.message())};
  auto views = std::make_shared<const ServedViews>();
  {
    MutexLock lock(mu_);
    trouble_ = settled;
    for (const StreamSource& source : definitions.stream_sources) {
      pushes_.try_emplace(source.name);
    }
    if (settled.ok() && views_ != nullptr) {
      views = views_->served();
    }
  }
  for (const LiveRowsView& view : views->rows) {
    served.rows[view.name] = view.generation;
  }
  for (const WindowedView& view : definitions.stream_views) {
    const auto found =
        std::find_if(views->windows.begin(), views->windows.end(),
                     [&](const LiveWindows& w) { return w.name == view.name; });
    if (found != views->windows.end()) {
      served.windows.push_back({.definition = view,
                                .plan = found->plan,
                                .generation = found->generation,
                                .coverage = found->coverage,
                                .records_left = found->records_left});
      continue;
    }
    absl::StatusOr<WindowedViewPlan> plan =
        WindowedViewPlan::Make(definitions, view);
    CHECK(plan.ok());  // Checked when the definitions were applied.
    served.windows.push_back(
        {.definition = view,
         .plan = std::make_shared<const WindowedViewPlan>(*std::move(plan)),
         .message = std::string(settled.message())});
  }
  return served;
}

void LiveState::CountPush(const std::string& source, const PushCounts& counts,
                          const PushTimes& times) {
  Pushes* pushes = nullptr;
  {
    MutexLock lock(mu_);
    pushes = &pushes_[source];  // Stays in place.
    pushes->counts.accepted += counts.accepted;
    pushes->counts.no_time += counts.no_time;
    pushes->counts.future += counts.future;
  }
  pushes->took.Observe(std::chrono::steady_clock::now() - times.began);
  const int64_t now_micros = clock_.NowMicros();
  for (const int64_t event_micros : times.event_micros) {
    pushes->happened.Observe(DelaySince(event_micros, now_micros));
  }
}

std::map<std::string, LiveState::PushSums> LiveState::pushes() const {
  std::map<std::string, PushSums> sums;
  MutexLock lock(mu_);
  for (const auto& [source, pushes] : pushes_) {
    sums[source] = {pushes.counts, pushes.took.Take(), pushes.happened.Take()};
  }
  return sums;
}

void LiveState::Tidy(const std::map<std::string, ViewRecord>& views,
                     const Definitions& definitions) {
  LiveViews* live = this->views();
  if (live == nullptr) return;
  if (const absl::Status tidied = live->upkeep().Tidy(); !tidied.ok()) {
    say_(fmt::format("tidying live rows: {}", std::string(tidied.message())),
         /*trouble=*/true);
  }
  std::map<std::string, int64_t> whole_until;
  for (const BatchFeatureView& view : definitions.batch_views) {
    const auto record = views.find(view.name);
    if (record == views.end() || !view.HasSnapshots()) continue;
    if (const auto until = WholeUntilMicros(record->second)) {
      whole_until[view.name] = *until;
    }
  }
  live->upkeep().LetRowsGo(std::move(whole_until));
}

}  // namespace freshet
