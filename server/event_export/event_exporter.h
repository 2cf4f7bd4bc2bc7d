// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "config/settings.h"
#include "server/event_export/export_process.h"
#include "storage/change_log/export_state.h"

namespace freshet {

class ChangeLog;
class Clock;
class LiveState;
class LiveViews;

// Has the events of the change log written to files, every while, by a child
// process: a segment of the log at a time, each of its records once, whatever
// is killed when. Safe to use from any thread.
class EventExporter {
 public:
  using Say = std::function<void(const std::string& sentence, bool trouble)>;

  struct Parts {
    LiveState* live = nullptr;
    const Clock* clock = nullptr;
    EventExportSettings settings;  // Without a directory it does nothing.
    LoadSettings load;             // Of the child.
    std::string storage_dir;
    int64_t disk_reserve_bytes = 0;
    Say say;
  };
  // Begins; what `parts` point to outlives it.
  explicit EventExporter(Parts parts);
  // Ends what is under way: it is done again after the next start.
  ~EventExporter();
  EventExporter(const EventExporter&) = delete;
  EventExporter& operator=(const EventExporter&) = delete;

  struct Stats {
    std::string directory;        // "": nothing is written.
    int64_t complete_micros = 0;  // What came until then is in files. 0: not
                                  // known yet.
    int64_t records_left = 0;     // Of the change log, that are not.
    int64_t lost_records = 0;     // Ever, that it let go of before they were.
    absl::Status status;          // What came of the last time.
    // Since the daemon started.
    int64_t events = 0;
    int64_t files = 0;
    int64_t bytes = 0;
    int64_t removed_files = 0;
    int64_t failures = 0;
  };
  Stats stats() const;

  // Returns when all that came before is in files: blocks for seconds.
  // FAILED_PRECONDITION: the settings name no directory. CANCELLED soon after
  // nobody `waits` for it.
  absl::Status ExportNow(const std::function<bool()>& waits);

 private:
  void Run();
  bool WaitForWork(std::chrono::milliseconds rest);
  absl::Status Pass();
  absl::Status Open(const ChangeLog& log);
  absl::StatusOr<bool> IsOfLog(const ExportState& state,
                               const ChangeLog& log) const;
  absl::Status Begin(const ChangeLog& log);
  absl::Status SkipTrimmed(const ChangeLog& log);
  absl::Status ExportSegment(LiveViews& views);
  absl::Status RemoveOld(LiveViews& views);
  absl::StatusOr<ExportReport> Order(const LiveViews& views, uint64_t until);
  absl::Status Save(ExportState state);

  const Parts parts_;
  const std::string state_path_;
  const std::string mark_path_;
  ExportProcess process_;
  // The thread's own.
  std::optional<ExportState> state_;
  int64_t ordered_micros_ = 0;  // When a child ran last.

  mutable Mutex mu_;
  CondVar changed_;
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  // How often it was asked for, and what of it was done.
  uint64_t asked_ ABSL_GUARDED_BY(mu_) = 0;
  uint64_t done_ ABSL_GUARDED_BY(mu_) = 0;
  uint64_t next_ ABSL_GUARDED_BY(mu_) = 0;  // Of the state; 0: not known yet.
  Stats stats_ ABSL_GUARDED_BY(mu_);
  std::thread thread_;
};

}  // namespace freshet
