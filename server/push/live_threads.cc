// SPDX-License-Identifier: Apache-2.0
#include "server/push/live_threads.h"

#include "base/clock.h"
#include "server/push/report/view_freshness.h"

namespace freshet {
namespace {

constexpr int64_t kSecond = 1'000'000;
// As often as feeds say how far they are.
constexpr std::chrono::milliseconds kFreshnessEvery(100);

}  // namespace

LiveThreads::LiveThreads(const Settings& settings, const Parts& parts)
    : eraser({.live = parts.live,
              .clock = parts.clock,
              .dir = settings.storage.directory,
              .erase_after_micros = settings.storage.erase_after_s * kSecond,
              .disk_reserve_bytes = settings.storage.disk_reserve_bytes,
              .say = parts.say}),
      builder({.live = parts.live, .serve = parts.serve, .say = parts.say}),
      replays({.live = parts.live,
               .clock = parts.clock,
               .dir = settings.storage.directory,
               .disk_reserve_bytes = settings.storage.disk_reserve_bytes,
               .say = parts.say,
               .serve = parts.serve}),
      exporter({.live = parts.live,
                .clock = parts.clock,
                .settings = settings.event_export,
                .load = settings.load,
                .storage_dir = settings.storage.directory,
                .disk_reserve_bytes = settings.storage.disk_reserve_bytes,
                .say = parts.say}),
      freshness(kFreshnessEvery, [parts] {
        NoteWholeUntil(*parts.serving->Current(), *parts.live,
                       parts.clock->NowMicros(), *parts.requests);
      }) {}

}  // namespace freshet
