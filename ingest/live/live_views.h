// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/definitions.h"
#include "features/view_schemas.h"
#include "ingest/live/live_writer.h"
#include "storage/live/coverage.h"

namespace freshet {

class LiveErasure;
class LogTrim;
class PausedSources;
class ViewGenerations;

// A windowed view as it can be asked.
struct LiveWindows {
  std::string name;
  std::vector<std::string> entities;
  std::string source;
  std::shared_ptr<const WindowedViewPlan> plan;
  LiveGeneration::Ptr generation;
  std::shared_ptr<Coverage> coverage;
  // How many records of the change log have to be gone through until the view's
  // tiles are made as it is defined now: until then they are those of its
  // definition before, or answer nothing. Null: they are.
  std::shared_ptr<const std::atomic<uint64_t>> records_left = nullptr;
};

// The live rows of a view, as they can be asked.
struct LiveRowsView {
  std::string name;
  std::vector<std::string> entities;
  std::string source;
  std::shared_ptr<const RowViewPlan> plan;
  LiveGeneration::Ptr generation;
};

// By name.
using StreamSources = std::map<std::string, StreamSource, std::less<>>;

// All that can be asked, in the order of the definitions, and what it comes of.
struct ServedViews {
  std::vector<LiveWindows> windows;
  std::vector<LiveRowsView> rows;
  StreamSources sources;
};

// Where the change log is, of such a directory.
std::string ChangeLogDir(const std::string& dir);
// Whether a directory has live state.
bool HasLiveState(const std::string& dir);

// All that comes of events by the definitions, windows and live rows, with the
// change log and the live store that it is in, and who writes it. A view's
// generation is known by the hash of what its tiles or rows are made by
// (docs/semantics.md, rules 13 and 15): a definition with another gets one that
// is made from the change log, by Build, while what was answers; live rows
// begin empty.
//
// Safe to use from any thread.
class LiveViews {
 public:
  struct Options {
    std::string dir;  // `change_log` and `live` are made in it.
    LiveWriter::Settings writer = {};
    ChangeLog::Settings log = {};
    LiveStore::Settings store = {};
    // Less free space than that, and nothing is taken any more.
    int64_t disk_reserve_bytes = 0;
    // Of the change log, what is kept although nothing needs it.
    int64_t log_kept_bytes = 256 << 20;
    // After so much more of it the store's files take it over: what a start
    // would have to read again.
    int64_t log_unflushed_bytes = 64 << 20;
    // Of a change log that is longer nothing is kept for who copies its events.
    // 0: nobody does.
    int64_t log_copied_bytes_max = 0;
    // Of the change log, what is gone through for new windows before an Apply
    // returns: half a second.
    int64_t built_at_once_bytes = 4 << 20;
  };

  // Opens what is there, and takes in what the store lacks of the log: blocks
  // for seconds. `applied`: those that were applied last; what is not of them
  // is deleted. DATA_LOSS if something is damaged. `resources` and `clock`
  // must outlive it, and what it gave.
  static absl::StatusOr<std::unique_ptr<LiveViews>> Open(
      Options options, const AppliedViews& applied, StoreResources& resources,
      const Clock& clock);
  ~LiveViews();

  // From when it returns on these are the sources and the views, and what was
  // built serves. A log of some MiB is gone through at once. An error is that
  // of the disk: what was stays.
  absl::Status Apply(const AppliedViews& applied);

  // Never null.
  std::shared_ptr<const ServedViews> served() const;

  // As LiveWriter::Submit; UNAVAILABLE besides where the disk is short.
  void Submit(LoggedEvents events, LiveWriter::Done done);
  // As LiveWriter's.
  absl::Status Release();
  absl::Status health() const;

  // Of sources that are read from topics. Both wait for a tick that is written.
  class Progress {
   public:
    // As LiveApplier's: with all whose Submit was done.
    std::vector<PartitionPosition> Positions(const std::string& source) const;
    // That events of the source are lost which are older: no window of its
    // views that begins before is whole any more. It is on disk when it
    // returns, and whoever asks then knows.
    absl::Status MarkLost(const std::string& source, int64_t before_micros);
    PausedSources& paused() const;

   private:
    friend class LiveViews;
    explicit Progress(LiveViews& views) : views_(views) {}

    LiveViews& views_;
  };
  Progress progress() { return Progress(*this); }

  // Of persons, and whoever else, that are to be forgotten.
  LiveErasure& erasure();

  enum class BuildState { kNothing, kGoesOn, kReady };
  // What is to be done beside all else.
  class Upkeep {
   public:
    // Goes on with what is to be made from the log, some milliseconds in which
    // nothing is written. kReady: something is made, and the next Apply has it
    // serve.
    absl::StatusOr<BuildState> Build();
    // Every minute or so: lets the log forget what nothing needs. Blocks for a
    // second; events are taken meanwhile. One thread at a time.
    absl::Status Tidy();
    // As often, with all views that have snapshots: until when each of their
    // versions says everything, so that older live rows count no more
    // (docs/semantics.md, rule 8). They may go from the next call on, when no
    // request has a version any more that is none by now.
    void LetRowsGo(std::map<std::string, int64_t> whole_until_micros);
    // Calls `use` where nothing is written meanwhile.
    void Use(const std::function<void(ViewGenerations&, LiveApplier&)>& use);
    // For who copies the change log's events elsewhere.
    const ChangeLog& log() const;
    LogTrim& trim() const;

   private:
    friend class LiveViews;
    explicit Upkeep(LiveViews& views) : views_(views) {}

    LiveViews& views_;
  };
  Upkeep upkeep() { return Upkeep(*this); }

  struct Stats {
    int64_t log_bytes = 0;
    uint64_t records = 0;  // Ever appended.
    LiveStore::Stats store;
    // What became of events since the daemon started, by view. One that waited
    // for its time counts as kFuture and, after that, again.
    std::map<std::string, OutcomeCounts> outcomes = {};
  };
  // Waits for a tick.
  Stats stats() const;

 private:
  struct Parts;
  explicit LiveViews(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace freshet
