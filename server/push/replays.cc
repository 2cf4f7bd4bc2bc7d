// SPDX-License-Identifier: Apache-2.0
#include "server/push/replays.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "base/status.h"
#include "versions/upkeep/audit_log.h"

namespace freshet {
namespace {

// Nobody else remembers them for as long as a topic may have their events.
absl::StatusOr<std::vector<ForgottenKey>> ForgottenOf(
    const std::string& dir, const Definitions& definitions) {
  ASSIGN_OR_RETURN(const std::vector<AuditLog::ForgottenEntity> entities,
                   AuditLog(dir).ReadForgotten());
  std::vector<ForgottenKey> keys;
  for (const AuditLog::ForgottenEntity& one : entities) {
    const Entity* entity = definitions.FindEntity(one.entity);
    if (entity == nullptr) continue;
    ForgottenKey& key = keys.emplace_back();
    for (const JoinKey& part : entity->join_keys) {
      key.join_keys.push_back(part.name);
    }
    key.hash = one.hash;
    key.until_version = one.at_micros;
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
         .forgotten = [dir = parts_.dir,
                       definitions] { return ForgottenOf(dir, definitions); },
         .changed =
             [this] {
               if (const absl::Status served = parts_.serve(); !served.ok()) {
                 parts_.say(fmt::format("serving after a replay: {}",
                                        std::string(served.message())),
                            /*trouble=*/true);
               }
             }},
        request);
    if (!begun.ok()) {
      replays_.erase(request.view);
      return begun.status();
    }
    replay = *std::move(begun);
  }
  return parts_.serve();
}

absl::Status Replays::Stop(const std::string& view) {
  std::unique_ptr<TopicReplay> ended;
  {
    MutexLock lock(mu_);
    const auto found = replays_.find(view);
    if (found == replays_.end() || found->second->has_ended()) {
      return NotFound("view '{}' is not being read from its topics anew", view);
    }
    ended = std::move(found->second);
    replays_.erase(found);
  }
  return absl::OkStatus();  // It ends as it is let go.
}

}  // namespace freshet
