// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "base/mutex.h"
#include "config/settings.h"
#include "ingest/feed/feeds.h"
#include "ingest/live/live_views.h"
#include "server/net/request_stats.h"
#include "versions/publisher.h"

namespace freshet {

// The live views of a daemon: none until definitions have a stream source, for
// most daemons never have one. What cannot be opened keeps nothing else from
// serving. Safe to use from any thread.
class LiveState {
 public:
  using Say = std::function<void(const std::string& sentence, bool trouble)>;

  // `say`: what happened, for the log. The clock must outlive it.
  LiveState(const Settings& settings, Say say, const Clock& clock);

  // What a store asks of it, and holds it by.
  static ServeLive Serving(std::shared_ptr<LiveState> state);

  // As ServeLive in versions/publisher.h.
  ServedLive Serve(const AppliedViews& applied, StoreResources& resources);

  // Null: there are none, or they could not be opened.
  LiveViews* views() const;

  // Null: as views.
  Feeds* feeds() const;

  // Of the views; nothing, where there are none. As LiveViews' it waits.
  LiveViews::Stats stats() const;

  // Why they cannot be opened or written; OK: they can, or there are none.
  absl::Status health() const;

  // What was said of pushed events since the daemon started.
  struct PushCounts {
    int64_t accepted = 0;
    int64_t no_time = 0;
    int64_t future = 0;
  };
  struct PushTimes {
    std::chrono::steady_clock::time_point began = {};
    // When the events happened that are served from now on.
    std::vector<int64_t> event_micros = {};
  };
  void CountPush(const std::string& source, const PushCounts& counts,
                 const PushTimes& times);
  struct PushSums {
    PushCounts counts;
    DurationHistogram::Snapshot took;
    // What it took until events were served since they happened.
    DelayHistogram::Snapshot happened;
  };
  // By source; those that are defined now are there from the start.
  std::map<std::string, PushSums> pushes() const;

  // Of all sources that are read from topics.
  std::vector<SourceState> SourceStates() const;

  // Every minute or so. `views`: of the catalog.
  void Tidy(const std::map<std::string, ViewRecord>& views,
            const Definitions& definitions);

 private:
  absl::Status Settle(const AppliedViews& applied, StoreResources& resources);

  const StorageSettings settings_;
  const EventExportSettings event_export_;
  const Say say_;
  const Clock& clock_;
  std::string said_;  // By Serve.
  mutable Mutex mu_;
  // Once, and stay.
  std::unique_ptr<LiveViews> views_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<Feeds> feeds_ ABSL_GUARDED_BY(mu_);
  absl::Status trouble_ ABSL_GUARDED_BY(mu_);
  struct Pushes {
    PushCounts counts;
    DurationHistogram took;
    DelayHistogram happened;
  };
  std::map<std::string, Pushes> pushes_ ABSL_GUARDED_BY(mu_);
};

}  // namespace freshet
