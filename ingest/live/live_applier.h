// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "features/streams/event_codec.h"
#include "ingest/live/live_view.h"
#include "storage/change_log/change_log.h"
#include "storage/change_log/log_record.h"
#include "storage/live/live_store.h"

namespace freshet {

class ParkedEvents;

// Takes events into the change log and, from there, into the live store: what
// is in the log is the truth, and what the store holds follows from it alone,
// so that applying a record again, to a store of before it, does the same
// (docs/decisions/0006). "Now", for what is late and what is of the future, is
// therefore when an event came, as its record says.
//
// An event of the future is parked until its time is there and a ReleaseRecord
// says so. An event that comes again is known by its id, if its source has one:
// the ids of a while are read from the log when it is opened.
//
// Used by one thread at a time; the only one that changes the log and the
// store.
class LiveApplier {
 public:
  // Of the generation in which events wait, and of that which says how far
  // topics have been read; those of views are greater.
  static constexpr uint64_t kParkedGeneration = 1;
  static constexpr uint64_t kPositionsGeneration = 2;

  // Applies what the log holds and the store does not. DATA_LOSS if the two do
  // not belong together, or a record is damaged. `log` and `store` must outlive
  // the applier.
  static absl::StatusOr<std::unique_ptr<LiveApplier>> Open(
      ChangeLog& log, LiveStore& store, std::vector<LiveView> views);
  ~LiveApplier();

  // From the next record on these views take events. What is counted begins
  // anew. DATA_LOSS as Open, where ids of a source have to be read; then
  // nothing is written any more.
  // `commit`, if any, says on disk that they are used: nothing is written any
  // more after an error of it.
  absl::Status SetViews(std::vector<LiveView> views,
                        const std::function<absl::Status()>& commit = {});

  // When it returns OK the events are on disk, and every read from then on
  // knows of those that are of the past. They come no earlier than those
  // before, whatever they say, and without offsets stand behind them.
  // INVALID_ARGUMENT, and nothing happened, if a batch is longer than a record
  // may be. After any other error what was given is there or not when the log
  // and the store are opened again; until then every call fails so.
  absl::Status Append(std::vector<LoggedEvents> batches);
  // The same of keys that are to be erased.
  absl::Status Append(EraseRecord erase);
  // The same of events that are lost.
  absl::Status Append(LossRecord loss);

  // Takes in what waited for a time before `now_micros`. Blocks for a record's
  // writing if there is any, else it does nothing.
  absl::Status Release(int64_t now_micros);

  // How far a source's topics have been read with what was appended.
  std::vector<PartitionPosition> positions(const std::string& source) const;
  // Forgets this of all sources but these: one that comes back begins anew.
  // Blocks for a record's writing if there is any.
  absl::Status KeepPositions(const std::set<std::string>& sources,
                             int64_t now_micros);

  // Lets the store leave out what is in no window of the views from
  // `now_micros` on: a request of before it would find less.
  void Expire(int64_t now_micros);

  // The first record of the log that Open would need: those before may be
  // trimmed. Reads from disk.
  absl::StatusOr<uint64_t> FirstNeeded() const;

  // What waits for its time: the next Release has something to do after the
  // oldest. Who adds to it writes its batch to the store.
  ParkedEvents& parked();

  // What became of events since SetViews, in the order of the views. One that
  // was parked counts as kFuture and, after that, again. Of sources without a
  // view nothing is counted.
  std::vector<OutcomeCounts> outcomes() const;

 private:
  struct Parts;
  explicit LiveApplier(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace freshet
