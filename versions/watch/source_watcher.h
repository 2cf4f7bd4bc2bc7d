// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "base/file.h"
#include "base/mutex.h"
#include "config/settings.h"
#include "versions/catalog.h"
#include "versions/load_jobs.h"
#include "versions/publisher.h"
#include "versions/watch/watched_snapshot.h"
#include "versions/watch/watcher_process.h"

namespace freshet {

class Clock;

// What is known of a source that is watched.
struct WatchState {
  // OK: a complete snapshot was seen by the last look. FAILED_PRECONDITION: one
  // is waited for. Else looks fail. UNKNOWN: none has ended yet.
  // DEADLINE_EXCEEDED: none has ended for long.
  absl::Status status = absl::UnknownError("not looked at yet");
  int64_t looked_micros = 0;  // The last look that did not fail; 0: none.
  std::string path;           // Of the newest complete snapshot.
  absl::Status load;          // Why it could not be loaded, if it could not.
  std::chrono::steady_clock::time_point heard;  // When a look last ended.
  std::chrono::microseconds every{0};
};

// Loads what arrives in the sources of views with `source.watch`, each snapshot
// once. One confined child process looks at all of them; it is started again
// when it ends or no look of it ends for long, and when what is to be watched
// changes. Safe to use from any thread.
class SourceWatcher {
 public:
  struct Parts {
    Publisher* publisher;
    Catalog* catalog;
    LoadJobs* loads;
    const Clock* clock;
    LoadSettings settings;  // `loader`, `roots` and `relative_to` resolved.
    // For the log: what happened to a source, when it changes. `trouble`: an
    // operator ought to look.
    std::function<void(const std::string& sentence, bool trouble)> say;
    // With three times its interval, how long a look may take: it may wait for
    // a store that does not answer, five times.
    std::chrono::milliseconds overdue = std::chrono::minutes(10);
  };
  explicit SourceWatcher(Parts parts);
  ~SourceWatcher();
  SourceWatcher(const SourceWatcher&) = delete;
  SourceWatcher& operator=(const SourceWatcher&) = delete;

  // Looks at the source of `view` now; returns at once. What is read is what
  // the definition says. NOT_FOUND: no such view. FAILED_PRECONDITION: it is
  // not watched.
  absl::Status Notify(const std::string& view);

  // The same for each view whose source the object `bucket/key` belongs to;
  // returns how many these are.
  int64_t NotifyObject(const std::string& path);

  // By view, of those that are watched.
  std::map<std::string, WatchState> states() const;

  // Settings that a reload may change.
  void SetSettings(const LoadSettings& settings);

 private:
  void Run();
  void Step();
  // Starts the child that the definitions ask for, unless it runs.
  void Refresh();
  void StartProcess();
  void OnEnd(const absl::Status& why);
  void OnSighting(const Sighting& sighting);
  bool IsOverdue(const WatchState& state,
                 std::chrono::steady_clock::time_point now) const;
  bool HangsWhole() const;
  WatchOrder MakeOrder();
  void TellLoaded();
  void Wait();

  const Parts parts_;
  const UniqueFd wake_;  // An eventfd.
  // Of the thread.
  std::shared_ptr<const Definitions> definitions_;
  LoadSettings used_settings_;
  WatchOrder order_;
  std::optional<WatcherProcess> process_;
  std::chrono::steady_clock::time_point start_at_;
  std::chrono::milliseconds restart_after_;
  std::map<std::string, WatchedSnapshot> snapshots_;  // By view.

  mutable Mutex mu_;
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  LoadSettings settings_ ABSL_GUARDED_BY(mu_);
  std::set<std::string> notified_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, WatchState> states_ ABSL_GUARDED_BY(mu_);
  // ObjectUrl::path of the sources in object stores, by view.
  std::map<std::string, std::string> prefixes_ ABSL_GUARDED_BY(mu_);
  std::thread thread_;
};

}  // namespace freshet
