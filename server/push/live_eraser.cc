// SPDX-License-Identifier: Apache-2.0
#include "server/push/live_eraser.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/status.h"
#include "server/push/live_state.h"
#include "storage/json_fields.h"

namespace freshet {
namespace {

constexpr std::chrono::minutes kLookEvery(1);

template <typename View>
bool Has(const View& view, const std::string& entity) {
  return std::find(view.entities.begin(), view.entities.end(), entity) !=
         view.entities.end();
}

// Whether something of the entity comes by events.
bool ComesByEvents(const Definitions& definitions, const std::string& entity) {
  return std::any_of(
             definitions.stream_views.begin(), definitions.stream_views.end(),
             [&](const WindowedView& view) { return Has(view, entity); }) ||
         std::any_of(definitions.batch_views.begin(),
                     definitions.batch_views.end(),
                     [&](const BatchFeatureView& view) {
                       return view.live && Has(view, entity);
                     });
}

}  // namespace

LiveEraser::LiveEraser(Parts parts)
    : parts_(std::move(parts)),
      audit_(parts_.dir),
      thread_([this] { Run(); }) {}

LiveEraser::~LiveEraser() {
  stop_ = true;
  {
    MutexLock lock(mu_);
    changed_.SignalAll();
  }
  thread_.join();
}

absl::StatusOr<std::vector<ErasedEntity>> LiveEraser::Forget(
    const Definitions& definitions, const Erasure::Request& request) {
  const Entity* entity = definitions.FindEntity(request.entity);
  if (entity == nullptr) return std::vector<ErasedEntity>();
  LiveErasure::Request erase{
      .entity = entity->name,
      .keys = request.keys,
      .who = request.who,
  };
  for (const JoinKey& key : entity->join_keys) {
    erase.join_keys.push_back({key.name, key.type});
  }
  LiveViews* views = parts_.live->views();
  const absl::Status health = parts_.live->health();
  // Without a view that has it, the change log may.
  if (views == nullptr && health.ok() &&
      !ComesByEvents(definitions, entity->name)) {
    return std::vector<ErasedEntity>();
  }
  if (views == nullptr || !health.ok()) {
    return Unavailable("what events brought cannot be reached: {}",
                       std::string(health.message()));
  }
  ASSIGN_OR_RETURN(std::vector<ErasedEntity> forgotten,
                   views->erasure().Forget(erase, *views));
  for (const ErasedEntity& one : forgotten) {
    RETURN_IF_ERROR(Annotate(Audit("forget", one.at_micros, one), "done, but"));
  }
  MutexLock lock(mu_);
  look_ = true;
  changed_.SignalAll();
  return forgotten;
}

std::vector<ErasedEntity> LiveEraser::List() const {
  LiveViews* views = parts_.live->views();
  return views == nullptr ? std::vector<ErasedEntity>()
                          : views->erasure().List();
}

absl::Status LiveEraser::Audit(const std::string& action, int64_t at_micros,
                               const ErasedEntity& erased) {
  const std::string who = action == "forget" ? erased.who : "freshetd";
  return audit_.Append({.at_micros = at_micros, .action = action, .who = who},
                       {{"entity", erased.entity},
                        {"key", Hex64Text(erased.hash)},
                        {"live_views", erased.views}});
}

absl::Status LiveEraser::EraseDue() {
  LiveViews* views = parts_.live->views();
  if (views == nullptr) return absl::OkStatus();
  const int64_t now_micros = parts_.clock->NowMicros();
  const std::vector<ErasedEntity> erased = views->erasure().List();
  const bool any = std::any_of(
      erased.begin(), erased.end(),
      [&](const ErasedEntity& one) { return DueMicros(one) <= now_micros; });
  if (!any) return absl::OkStatus();
  ASSIGN_OR_RETURN(const int64_t free_bytes, FreeBytes(parts_.dir));
  if (free_bytes < parts_.disk_reserve_bytes) {
    return Unavailable("it waits for free space: {} bytes are free in '{}'",
                       free_bytes, parts_.dir);
  }
  ASSIGN_OR_RETURN(
      const std::vector<ErasedEntity> gone,
      views->erasure().Erase(now_micros - parts_.erase_after_micros,
                             *views->served(), stop_));
  for (const ErasedEntity& one : gone) {
    RETURN_IF_ERROR(Audit("erased", now_micros, one));
  }
  return absl::OkStatus();
}

void LiveEraser::Run() {
  while (!stop_) {
    {
      MutexLock lock(mu_);
      if (!look_ && !stop_) changed_.WaitFor(mu_, kLookEvery);
      look_ = false;
    }
    if (stop_) return;
    const absl::Status status = EraseDue();
    if (status.ok() || absl::IsCancelled(status)) continue;
    parts_.say(fmt::format("erasing live rows and windows: {}",
                           std::string(status.message())),
               /*trouble=*/true);
  }
}

}  // namespace freshet
