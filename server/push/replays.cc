// SPDX-License-Identifier: Apache-2.0
#include "server/push/replays.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/status.h"
#include "versions/upkeep/audit_log.h"

namespace freshet {
namespace {

// Whose events the view is not made of: nobody else remembers them for as long
// as a topic may have their events.
absl::StatusOr<std::vector<ForgottenKey>> ForgottenOf(
    const std::string& dir, const Definitions& definitions,
    const std::string& name) {
  ASSIGN_OR_RETURN(const std::vector<AuditLog::ForgottenEntity> entities,
                   AuditLog(dir).ReadForgotten());
  const auto view = std::find_if(
      definitions.stream_views.begin(), definitions.stream_views.end(),
      [&](const WindowedView& one) { return one.name == name; });
  std::vector<ForgottenKey> keys;
  if (view == definitions.stream_views.end()) return keys;
  for (const AuditLog::ForgottenEntity& one : entities) {
    ForgottenKey key{
        .join_keys = {}, .hash = one.hash, .until_version = one.at_micros};
    const Entity* entity = definitions.FindEntity(one.entity);
    const bool has = std::find(view->entities.begin(), view->entities.end(),
                               one.entity) != view->entities.end();
    if (entity != nullptr && has) {
      for (const JoinKey& part : entity->join_keys) {
        key.join_keys.push_back(part.name);
      }
    } else if (entity != nullptr || !one.live_views.contains(name)) {
      continue;  // It is another's; else it had another name then.
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

}  // namespace

absl::Status Replays::Begin(const Definitions& definitions,
                            const TopicReplay::Request& request) {
  LiveViews* views = parts_.live->views();
  if (views == nullptr) {
    return NotFound("there is no stream_feature_view '{}'", request.view);
  }
  RETURN_IF_ERROR(parts_.live->health());
  std::unique_ptr<TopicReplay> ended;
  {
    MutexLock lock(mu_);
    std::unique_ptr<TopicReplay>& replay = replays_[request.view];
    if (replay != nullptr && !replay->has_ended()) {
      return AlreadyExists(
          "view '{}' is being made anew from its topics already; `freshet "
          "replay {} --stop` ends that",
          request.view, request.view);
    }
    ended = std::move(replay);
    auto begun = TopicReplay::Begin(
        {.views = views,
         .clock = parts_.clock,
         .say = parts_.say,
         .forgotten =
             [dir = parts_.dir, definitions, view = request.view] {
               return ForgottenOf(dir, definitions, view);
             },
         .may_write = [this] { return MayWrite(); },
         .changed = [this] { Serve(); }},
        request);
    if (!begun.ok()) {
      replays_.erase(request.view);
      return begun.status();
    }
    replay = *std::move(begun);
  }
  Serve();
  return absl::OkStatus();
}

void Replays::Serve() {
  const absl::Status served = parts_.serve();
  if (served.ok()) return;
  parts_.say(fmt::format("serving what a replay changed: {}",
                         std::string(served.message())),
             /*trouble=*/true);
}

absl::Status Replays::MayWrite() const {
  ASSIGN_OR_RETURN(const int64_t free_bytes, FreeBytes(parts_.dir));
  // What comes is to find room longer than what is made anew.
  const int64_t least = 2 * parts_.disk_reserve_bytes;
  if (free_bytes >= least) return absl::OkStatus();
  return Unavailable(
      "{} bytes are free in '{}', and a replay leaves {}, twice "
      "settings.storage.disk_reserve",
      free_bytes, parts_.dir, least);
}

Replays::~Replays() {
  MutexLock lock(mu_);
  for (const auto& [view, replay] : replays_) replay->Stop();
  // Each waits as it is let go.
}

absl::Status Replays::Stop(const std::string& view) {
  std::unique_ptr<TopicReplay> ended;
  {
    MutexLock lock(mu_);
    const auto found = replays_.find(view);
    if (found == replays_.end() || found->second->has_ended()) {
      return NotFound("view '{}' is not being made anew from its topics", view);
    }
    ended = std::move(found->second);
    replays_.erase(found);
  }
  return absl::OkStatus();  // It ends as it is let go.
}

}  // namespace freshet
