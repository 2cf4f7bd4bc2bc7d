// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "features/streams/event_codec.h"
#include "ingest/feed/stop_flag.h"
#include "ingest/kafka/kafka_reader.h"
#include "ingest/live/live_views.h"
#include "ingest/replay/replayed_partitions.h"
#include "storage/erasure/forgotten_keys.h"

namespace freshet {

class FeedBatch;
class LiveBuild;
class ReplayIds;
class ViewGenerations;

// Makes the windows of a view anew from the topics of its source, as far back
// as they go, while what there is answers (docs/semantics.md, rules 15 and 22):
// what was read of the topics when it began is read again, from there on the
// change log has it. Reading has a thread of its own.
//
// An event counts as it would if it came now: one is late by the clock of now,
// and what is of the future waits already. Whether it came before is told by
// the timestamps of records.
class TopicReplay {
 public:
  struct Parts {
    LiveViews* views = nullptr;
    const Clock* clock = nullptr;
    KafkaSay say;
    // Whose events of before a time do not count any more: the time, in
    // microseconds, is in the place of `until_version`.
    std::function<absl::StatusOr<std::vector<ForgottenKey>>()> forgotten;
    // Whether there is room on the disk.
    std::function<absl::Status()> may_write;
    // What there is to be asked has changed, or is to be used.
    std::function<void()> changed;
    // So many ids are remembered, some 300 MB, before partitions wait for those
    // that are behind. Of eight times as many nothing is made.
    size_t ids_max = 4'000'000;
  };
  struct Request {
    std::string view;
    // The timestamp of the first records; nullopt: from the beginning.
    std::optional<int64_t> from_micros = std::nullopt;
    // Also if it is then whole from a later time on than it is now.
    bool may_know_less = false;
  };

  // As ViewGenerations::BeginReplay. All parts outlive it.
  static absl::StatusOr<std::unique_ptr<TopicReplay>> Begin(Parts parts,
                                                            Request request);
  // What is not made by then is not.
  ~TopicReplay();
  TopicReplay(const TopicReplay&) = delete;
  TopicReplay& operator=(const TopicReplay&) = delete;

  // Does not wait.
  void Stop() { stop_.Set(); }
  // Whether it serves, or what is made was given up.
  bool has_ended() const { return ended_.IsSet(); }

 private:
  TopicReplay(Parts parts, Request request);

  absl::Status BeginBuild();
  void Run();
  absl::Status ReadAll();
  absl::Status ReadOn(KafkaReader& reader, FeedBatch& batch);
  absl::Status TakeEvent(const KafkaEvent& event);
  absl::Status TakeRecord(const KafkaRecord& record, FeedBatch& batch);
  absl::StatusOr<bool> AddTo(FeedBatch& batch, const KafkaRecord& record);
  absl::Status Write(FeedBatch& batch);
  std::vector<uint8_t> LeftOut(const LoggedEvents& events);
  absl::Status HoldThoseAhead(KafkaReader& reader);
  absl::Status CheckIsMade(ViewGenerations& generations) const;
  absl::Status CheckKnowsNoLess() const;
  // From when on everything is there, of what was read.
  int64_t WholeFrom() const;
  absl::Status EndPast();
  absl::Status WaitUntilServed();
  void GiveUp();

  const Parts parts_;
  const Request request_;
  StopFlag stop_;
  StopFlag ended_;

  // Of the thread, once it runs.
  std::shared_ptr<LiveBuild> build_;
  std::optional<ReplayedPartitions> partitions_;
  std::unique_ptr<ReplayIds> ids_;  // Null: the source has none.
  std::optional<ForgottenKeys> forgotten_;
  // Of the events of the batch: when they came, and their timestamps.
  std::vector<int64_t> came_micros_;
  std::vector<int64_t> written_micros_;
  int64_t unreadable_ = 0;  // Records that are no events.
  std::string first_unreadable_;
  std::thread thread_;
};

}  // namespace freshet
