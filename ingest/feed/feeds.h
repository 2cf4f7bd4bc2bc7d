// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "config/definitions.h"
#include "ingest/feed/kafka_feed.h"
#include "ingest/feed/source_state.h"
#include "ingest/live/live_views.h"
#include "ingest/push_log/push_log.h"

namespace freshet {

// The feeds of all sources that are read from topics and have a view, and the
// push logs of those that have one. End and Begin: one thread at a time, around
// LiveViews::Apply; the rest: any thread.
class Feeds {
 public:
  struct Options {
    std::string dead_letters_dir;
    KafkaSay say;
  };

  // Both outlive it.
  Feeds(LiveViews& views, const Clock& clock, Options options);
  // Ends all of them together.
  ~Feeds();
  Feeds(const Feeds&) = delete;
  Feeds& operator=(const Feeds&) = delete;

  // Ends the feeds of sources that these definitions do not have, or have to be
  // read otherwise, and push logs that are others. Takes some seconds if
  // brokers are silent.
  void End(const Definitions& next);
  // Begins those that are lacking, of the definitions that the views have.
  void Begin();

  std::vector<SourceState> states() const;
  // By source, since its reading began.
  struct Delays {
    DelayHistogram::Snapshot happened;
    DelayHistogram::Snapshot produced;
  };
  std::map<std::string, Delays> delays() const;

  // Takes events to the push log of their source, as it was defined when they
  // were read: after OK they are in it, and every later read knows of them.
  // `done` is called once, now or later, on any thread; errors are those of
  // PushLog::Push and MakePushRecords. What strings point to is not needed any
  // more. `caller`: for CallOffPushes.
  void Push(const StreamSource& source, const LoggedEvents& events,
            const void* caller, const PushWaits::Done& done);
  // What `caller` waits for is answered now: CANCELLED.
  void CallOffPushes(const void* caller);
  std::vector<PushLog::Stats> push_logs() const;

  // As KafkaFeed's. NOT_FOUND if the source is not read.
  absl::StatusOr<std::vector<Seeks::Partition>> SetForward(
      const std::string& source, const Seeks::Seek& seek);
  // The same; it stays so when the daemon starts again.
  absl::Status SetPaused(const std::string& source, bool paused);

 private:
  // Which sources are paused, of those that are defined.
  std::set<std::string> KeepPaused(const StreamSources& defined);
  absl::StatusOr<KafkaFeed*> Find(const std::string& source) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  using ByName = std::map<std::string, std::unique_ptr<KafkaFeed>>;
  using LogByName = std::map<std::string, std::unique_ptr<PushLog>>;

  void BeginPushLogs(const StreamSources& sources)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  LiveViews& views_;
  const Clock& clock_;
  const Options options_;
  mutable Mutex mu_;
  // Outlive the feeds, which tell them what is read.
  LogByName push_logs_ ABSL_GUARDED_BY(mu_);
  ByName feeds_ ABSL_GUARDED_BY(mu_);
};

}  // namespace freshet
