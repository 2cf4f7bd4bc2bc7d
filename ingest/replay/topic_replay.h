// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "features/streams/event_codec.h"
#include "ingest/feed/stop_flag.h"
#include "ingest/kafka/kafka_reader.h"
#include "ingest/live/live_views.h"
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
    // What there is to be asked has changed, or is to be used.
    std::function<void()> changed;
    // So many ids are remembered, some 300 MB, before partitions wait for those
    // that are behind.
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
  // Whether the topics were read, or what is made was given up.
  bool has_ended() const { return ended_.IsSet(); }
  const std::string& view() const { return request_.view; }

 private:
  using Partition = std::pair<std::string, int32_t>;
  // A partition, of which something was read.
  struct Part {
    PartitionPosition until;
    bool all_kept = false;  // It was read from its very first record on.
    bool is_cut = false;    // From the first that is there.
    int64_t at_micros = 0;  // The latest time of a record that was read.
    std::optional<int64_t> first_micros = std::nullopt;  // Of the first one.
    LastRecord last;   // That was read; there is one where it is held.
    int64_t left = 0;  // Records, about.
    bool done = false;
    bool held = false;
  };

  TopicReplay(Parts parts, Request request);

  absl::Status BeginBuild();
  void Run();
  absl::Status ReadAll();
  absl::Status ReadOn(KafkaReader& reader, FeedBatch& batch);
  absl::Status TakeEvent(const KafkaEvent& event);
  absl::Status TakeRecord(const KafkaRecord& record, FeedBatch& batch);
  absl::Status Write(FeedBatch& batch);
  std::vector<uint8_t> LeftOut(const LoggedEvents& events);
  void NotePassed(const KafkaReader& reader);
  absl::Status HoldThoseAhead(KafkaReader& reader);
  absl::Status CheckIsMade(ViewGenerations& generations) const;
  absl::Status CheckKnowsNoLess() const;
  bool AllDone() const;
  // From when on everything is there, of what was read.
  int64_t WholeFrom() const;
  absl::Status EndPast();
  void GiveUp();

  const Parts parts_;
  const Request request_;
  StopFlag stop_;
  StopFlag ended_;

  // Of the thread, once it runs.
  std::shared_ptr<LiveBuild> build_;
  std::map<Partition, Part> partitions_;
  std::unique_ptr<ReplayIds> ids_;  // Null: the source has none.
  std::optional<ForgottenKeys> forgotten_;
  std::vector<int64_t> came_micros_;  // Of the events of the batch.
  std::thread thread_;
};

}  // namespace freshet
