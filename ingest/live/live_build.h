// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "features/streams/tile_collector.h"
#include "ingest/change_log/parked_events.h"
#include "ingest/change_log/source_ids.h"
#include "ingest/live/generation_about.h"
#include "ingest/live/live_plan.h"
#include "storage/change_log/change_log.h"
#include "storage/change_log/log_record.h"
#include "storage/live/live_store.h"

namespace freshet {

class LiveApplier;

// Makes a generation of a windowed view from the records of the change log,
// while others take what comes and answer (docs/semantics.md, rule 15): each
// event of the log becomes what it would have become, had the view been there
// when it came. It has the log to itself, so to speak, with ids and waiting
// events of its own. A restart ends it, and it is begun again. Used where
// nothing is written meanwhile.
//
// A replay is one that is first given, by who reads it from topics, what came
// before its first record.
class LiveBuild {
 public:
  struct Parts {
    const ChangeLog* log;
    LiveStore* store;
  };
  // Of windows, from a record of the log on. `number`, and the next one: of no
  // generation yet. `now_micros`: when there is no such record yet. Both parts
  // outlive it.
  struct Begin {
    uint64_t number = 0;
    uint64_t from = 0;
    int64_t now_micros = 0;
    // Of a replay: what waits for its time at that record; else null.
    const ParkedEvents* waiting = nullptr;
  };
  static absl::StatusOr<std::unique_ptr<LiveBuild>> Make(Parts parts,
                                                         LivePlan plan,
                                                         const Begin& begin);
  LiveBuild(const LiveBuild&) = delete;
  LiveBuild& operator=(const LiveBuild&) = delete;

  // What a replay is given.
  class Past {
   public:
    // Events that came before its first record, but those that wait: they are
    // of `until_micros()` or later, and left out, as those that `left_out` says
    // are. Anywhere, one thread at a time.
    void Collect(const LoggedEvents& events, std::span<const uint8_t> left_out);
    int64_t until_micros() const { return until_micros_; }
    // Writes what was collected.
    absl::Status Write() { return build_.Commit(); }
    // There is no more to collect: everything is there that happened since.
    void End(int64_t whole_from_micros);
    // There may be more.
    bool is_open() const { return is_open_; }

   private:
    friend class LiveBuild;
    Past(LiveBuild& build, int64_t until_micros)
        : build_(build), until_micros_(until_micros) {}

    LiveBuild& build_;
    const int64_t until_micros_;
    bool is_open_ = true;
  };
  // Null: it is no replay.
  Past* past() { return past_ ? &*past_ : nullptr; }

  // Goes through records of about so many bytes, up to the end of the log;
  // nothing, while a replay is given its past. DATA_LOSS if one is damaged,
  // OUT_OF_RANGE if the log does not have them any more.
  absl::Status Step(int64_t bytes);
  bool AtEnd() const {
    return !(past_ && past_->is_open()) && next_ == parts_.log->next();
  }
  // Where it has to begin instead: behind what was forgotten of its source,
  // whose topics were read anew since.
  std::optional<uint64_t> BeginsAt() const { return begins_at_; }

  // Of the records.
  uint64_t from() const { return from_; }
  uint64_t next() const { return next_; }

  const LivePlan& plan() const { return plan_; }
  struct Generations {
    LiveGeneration::Ptr tiles;
    LiveGeneration::Ptr waiting;  // Events that wait for it.
  };
  const Generations& generations() const { return generations_; }

  // What waits here waits there too; the result is what is to be said of the
  // generation, which takes events from the next record on. Requires: AtEnd().
  // May be called again.
  absl::StatusOr<GenerationAbout> Finish(LiveApplier& applier);

 private:
  LiveBuild(Parts parts, LivePlan plan, Generations generations,
            ParkedEvents parked);

  absl::Status Take(uint64_t number, const LogRecord& record);
  void Add(uint64_t number, const LoggedEvents& logged);
  absl::Status Release(const ReleaseRecord& release);
  absl::Status Commit();

  const Parts parts_;
  const LivePlan plan_;
  const Generations generations_;
  std::optional<Past> past_;
  uint64_t from_ = 0;
  uint64_t next_ = 0;
  std::optional<uint64_t> begins_at_;
  int64_t whole_from_micros_ = 0;
  ParkedEvents parked_;
  SourceIds ids_;
  TileCollector collector_;
  LiveBatch batch_;
};

}  // namespace freshet
