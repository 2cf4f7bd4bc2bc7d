// SPDX-License-Identifier: Apache-2.0
#include "versions/watch/source_watcher.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "base/child_process.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/status.h"
#include "config/object_url.h"
#include "versions/loads/load_request.h"
#include "versions/loads/load_run.h"

namespace freshet {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

// How often the definitions and the settings are compared with those in use.
constexpr int kTickMs = 500;
constexpr milliseconds kRestartFirst(1'000);
constexpr milliseconds kRestartMax(60'000);

// WatchedSource::after.
std::string LoadedUntil(const CatalogState& state,
                        const WatchedSource& watched) {
  const BatchSource& source = watched.source;
  const auto view = state.views.find(watched.view);
  if (source.mode != LoadMode::kUpsert || view == state.views.end() ||
      source.watch->each != SnapshotPlace::kDirectory) {
    return "";
  }
  return view->second.LoadedUntil(source.path);
}

}  // namespace

SourceWatcher::SourceWatcher(Parts parts)
    : parts_(std::move(parts)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      start_at_(SteadyClock::now()),
      restart_after_(kRestartFirst),
      settings_(parts_.settings) {
  CHECK(wake_.ok());
  thread_ = std::thread([this] { Run(); });
}

SourceWatcher::~SourceWatcher() {
  {
    MutexLock lock(mu_);
    stop_ = true;
  }
  ::eventfd_write(wake_.get(), 1);
  thread_.join();
}

absl::Status SourceWatcher::Notify(const std::string& view) {
  const Catalog::StatePtr state = parts_.catalog->state();
  ASSIGN_OR_RETURN(const BatchFeatureView defined, DefinedView(*state, view));
  if (!defined.source.watch) {
    return FailedPrecondition(
        "the source of view '{}' is not watched: add source.watch to its "
        "definition, or load it with: freshet load {}",
        view, view);
  }
  {
    MutexLock lock(mu_);
    notified_.insert(view);
  }
  ::eventfd_write(wake_.get(), 1);
  return absl::OkStatus();
}

int64_t SourceWatcher::NotifyObject(const std::string& path) {
  int64_t views = 0;
  {
    MutexLock lock(mu_);
    for (const auto& [view, prefix] : prefixes_) {
      if (path != prefix && !path.starts_with(prefix + "/")) continue;
      notified_.insert(view);
      ++views;
    }
  }
  if (views > 0) ::eventfd_write(wake_.get(), 1);
  return views;
}

std::map<std::string, WatchState> SourceWatcher::states() const {
  std::map<std::string, WatchState> states;
  {
    MutexLock lock(mu_);
    states = states_;
  }
  const auto now = SteadyClock::now();
  for (auto& [view, state] : states) {
    if (!IsOverdue(state, now)) continue;
    state.status = DeadlineExceeded("no look at it has ended for long");
  }
  return states;
}

void SourceWatcher::SetSettings(const LoadSettings& settings) {
  MutexLock lock(mu_);
  settings_ = settings;
}

void SourceWatcher::Run() {
  for (;;) {
    {
      MutexLock lock(mu_);
      if (stop_) break;
    }
    Step();
    Wait();
  }
  process_.reset();  // On the thread that started it.
}

void SourceWatcher::Step() {
  Refresh();
  if (!process_.has_value()) return;
  const absl::Status heard = process_->Hear(
      [this](const Sighting& sighting) { OnSighting(sighting); });
  if (!heard.ok() || HangsWhole()) {
    OnEnd(heard.ok() ? DeadlineExceeded("no look has ended for long") : heard);
    return;
  }
  std::set<std::string> notified;
  {
    MutexLock lock(mu_);
    notified.swap(notified_);
  }
  for (const std::string& view : notified) {
    process_->Wake({.view = view, .after = {}});
  }
  TellLoaded();
}

bool SourceWatcher::IsOverdue(const WatchState& state,
                              SteadyClock::time_point now) const {
  return now - state.heard >= parts_.overdue + 3 * state.every;
}

// What one source does not answer is not mended by another process.
bool SourceWatcher::HangsWhole() const {
  const auto now = SteadyClock::now();
  MutexLock lock(mu_);
  return !states_.empty() &&
         std::all_of(states_.begin(), states_.end(), [&](const auto& state) {
           return IsOverdue(state.second, now);
         });
}

// So that it looks for the next one.
void SourceWatcher::TellLoaded() {
  const Catalog::StatePtr state = parts_.catalog->state();
  for (WatchedSource& watched : order_.sources) {
    std::string after = LoadedUntil(*state, watched);
    if (after == watched.after) continue;
    if (process_->Wake({.view = watched.view, .after = after})) {
      watched.after = std::move(after);
    }
  }
}

void SourceWatcher::Refresh() {
  const auto definitions = parts_.publisher->definitions();
  LoadSettings settings;
  {
    MutexLock lock(mu_);
    settings = settings_;
  }
  if (definitions != definitions_ || settings != used_settings_) {
    definitions_ = definitions;
    used_settings_ = std::move(settings);
    snapshots_.clear();
    process_.reset();
    restart_after_ = kRestartFirst;
    start_at_ = SteadyClock::now();
    order_ = MakeOrder();
    std::map<std::string, WatchState> states;
    std::map<std::string, std::string> prefixes;
    for (const WatchedSource& watched : order_.sources) {
      WatchState& state = states[watched.view];
      state.heard = SteadyClock::now();
      state.every =
          std::chrono::microseconds(watched.source.watch->every_micros);
      const auto url = ParseObjectUrl(watched.source.path);
      if (url.ok()) prefixes[watched.view] = url->path();
    }
    MutexLock lock(mu_);
    for (auto& [view, state] : states) {
      if (const auto old = states_.find(view); old != states_.end()) {
        state.status = old->second.status;
        state.looked_micros = old->second.looked_micros;
        state.path = old->second.path;
      }
    }
    states_ = std::move(states);
    prefixes_ = std::move(prefixes);
  }
  if (!process_.has_value() && !order_.sources.empty() &&
      SteadyClock::now() >= start_at_) {
    StartProcess();
  }
}

WatchOrder SourceWatcher::MakeOrder() {
  const Catalog::StatePtr state = parts_.catalog->state();
  WatchOrder order;
  order.roots = used_settings_.roots;
  order.s3 = used_settings_.s3;
  order.memory_max_bytes = kSanitized ? 0 : kChildAddressSpaceBytes;
  for (const BatchFeatureView& view : definitions_->batch_views) {
    if (!view.source.watch) continue;
    WatchedSource watched{view.name, view.source, ""};
    auto path = ResolveSnapshotPath(view.source.path, used_settings_);
    if (!path.ok()) {
      parts_.say(fmt::format("view '{}' cannot be watched: {}", view.name,
                             std::string(path.status().message())),
                 /*trouble=*/true);
      continue;
    }
    watched.source.path = *std::move(path);
    watched.after = LoadedUntil(*state, watched);
    order.sources.push_back(std::move(watched));
  }
  return order;
}

void SourceWatcher::StartProcess() {
  auto started = WatcherProcess::Start(used_settings_.loader, order_);
  if (started.ok()) {
    process_.emplace(*std::move(started));
  } else {
    OnEnd(started.status());
  }
}

void SourceWatcher::OnEnd(const absl::Status& why) {
  process_.reset();
  parts_.say(fmt::format("no source is watched for {} s: {}",
                         std::chrono::duration<double>(restart_after_).count(),
                         std::string(why.message())),
             /*trouble=*/true);
  start_at_ = SteadyClock::now() + restart_after_;
  restart_after_ = std::min(restart_after_ * 2, kRestartMax);
  MutexLock lock(mu_);
  for (auto& [view, state] : states_) {
    state.status = why;
    state.heard = SteadyClock::now();
  }
}

void SourceWatcher::OnSighting(const Sighting& sighting) {
  restart_after_ = kRestartFirst;
  if (!sighting.note.empty()) {
    parts_.say(fmt::format("view '{}': {}", sighting.view, sighting.note),
               /*trouble=*/true);
  }
  const bool waits = absl::IsFailedPrecondition(sighting.status);
  bool news = false;
  {
    MutexLock lock(mu_);
    const auto it = states_.find(sighting.view);
    if (it == states_.end()) return;
    WatchState& state = it->second;
    news = state.status != sighting.status;
    state.status = sighting.status;
    state.heard = SteadyClock::now();
    if (sighting.status.ok()) state.path = sighting.path;
    if (sighting.status.ok() || waits) {
      state.looked_micros = parts_.clock->NowMicros();
    }
  }
  if (!sighting.status.ok()) {
    if (news && !waits) {
      parts_.say(
          fmt::format("the source of view '{}' cannot be looked at: {}",
                      sighting.view, std::string(sighting.status.message())),
          /*trouble=*/true);
    }
    return;
  }
  const Catalog::StatePtr catalog = parts_.catalog->state();
  const auto [it, is_new] = snapshots_.try_emplace(
      sighting.view, sighting.view,
      fmt::format("{:08x}", catalog->definitions.hash >> 32));
  const std::string said =
      it->second.Take(sighting, *catalog, *parts_.loads, SteadyClock::now());
  if (!said.empty()) parts_.say(said, /*trouble=*/false);
  MutexLock lock(mu_);
  const auto state = states_.find(sighting.view);
  if (state != states_.end()) state->second.load = it->second.trouble();
}

// Until there is something to do, or for a tick.
void SourceWatcher::Wait() {
  std::array<pollfd, 4> fds = {{
      {wake_.get(), POLLIN, 0},
      {process_ ? process_->output() : -1, POLLIN, 0},
      {process_ ? process_->errors() : -1, POLLIN, 0},
      {process_ ? process_->pidfd() : -1, POLLIN, 0},
  }};
  ::poll(fds.data(), fds.size(), kTickMs);
  eventfd_t ignored = 0;
  ::eventfd_read(wake_.get(), &ignored);
}

}  // namespace freshet
