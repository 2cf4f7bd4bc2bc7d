// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "config/streams/stream_view.h"
#include "ingest/feed/feed_batch.h"
#include "ingest/feed/seeks.h"
#include "ingest/feed/source_state.h"
#include "ingest/feed/stop_flag.h"
#include "ingest/kafka/kafka_reader.h"
#include "ingest/live/live_views.h"

namespace freshet {

class DeadLetters;
class FeedWriter;
class PushLog;

// Reads the topics of one source into the live views, each record once: where
// it goes on after a crash stands in the change log with the events. A record
// that is no event is a dead letter, and passed over. A gap, or another log
// than the one that was read, stops its partition, and nobody but an operator
// sets it forward (docs/semantics.md, rules 20 to 22). Safe to use from any
// thread; reading has a thread of its own.
class KafkaFeed {
 public:
  struct Parts {
    LiveViews* views = nullptr;
    const Clock* clock = nullptr;
    std::string dead_letters_dir;
    KafkaSay say;
    bool paused = false;  // From the start.
    // Of a source that has one: is told what is read, and what keeps it from
    // being read.
    PushLog* push_log = nullptr;
  };

  // Begins. All parts outlive it. Requires: the source has topics, and nobody
  // else reads it.
  KafkaFeed(Parts parts, StreamSource source);
  // Stops, and waits for it: what was read and not written is read again. Takes
  // some seconds if brokers are silent.
  ~KafkaFeed();
  KafkaFeed(const KafkaFeed&) = delete;
  KafkaFeed& operator=(const KafkaFeed&) = delete;

  // Does not wait.
  void Stop() { stop_.Set(); }

  const StreamSource& source() const { return source_; }
  const FeedDelays& delays() const { return delays_; }
  SourceState state() const;

  // Reads nothing more until it is resumed: soon.
  void SetPaused(bool paused) { paused_ = paused; }

  // As Seeks::Ask, soon. Before anything is passed over the windows say that it
  // is lost. A partition that is not stopped never goes back: it is then read
  // on from where it was.
  absl::StatusOr<std::vector<Seeks::Partition>> SetForward(
      const Seeks::Seek& seek) {
    return seeks_.Ask(seek, state());
  }

 private:
  using Instant = std::chrono::steady_clock::time_point;

  void Run();
  // Until it is to stop; else an error says why it could not begin.
  absl::Status Read();
  absl::Status ReadOn(KafkaReader& reader, DeadLetters& letters,
                      FeedWriter& writer);
  absl::Status Write(FeedWriter& writer);
  std::chrono::milliseconds PollTimeout(FeedWriter& writer) const;
  absl::Status TakeEvent(const KafkaEvent& event, DeadLetters& letters,
                         FeedWriter& writer);
  int64_t ReadUntil(const KafkaRecord& record) const;
  void NoteWhole(const Seeks::Partition& partition, int64_t micros);
  // The batch has the record, and all before it of its partition.
  void Advance(const KafkaRecord& record, FeedBatch& batch);
  void NoteNewest(const FeedBatch& batch);
  // How far the reader is behind the last record of a partition.
  void NotePassed(const KafkaReader& reader, FeedBatch& batch);
  absl::Status TakeRecords(std::span<const KafkaRecord> records,
                           DeadLetters& letters, FeedWriter& writer);
  // False: it would go back, and does not begin there.
  absl::StatusOr<bool> Begins(const KafkaEvent& begun);
  void PauseAsked(KafkaReader& reader);
  void TakeTrouble(const absl::Status& status);
  // Has records that were polled and not taken be read again.
  void PutBack(std::span<const KafkaRecord> records);
  // Before what was in trouble is tried again. CANCELLED if it is to stop.
  absl::Status WaitFor(const absl::Status& trouble);
  void Publish(const KafkaReader& reader);
  void ForgetTroubles(const std::vector<KafkaPartitionState>& partitions);
  void TellPushLog(const absl::Status& health);
  void TakeWritten(const FeedBatch& batch);

  const Parts parts_;
  const StreamSource source_;
  StopFlag stop_;

  // Of the feed's thread.
  Seeks::Positions positions_;
  std::map<Seeks::Partition, std::string> troubles_;
  // Until when everything was read that was written.
  std::map<Seeks::Partition, int64_t> whole_until_;
  std::map<Seeks::Partition, int64_t> seen_;  // Since when.
  Instant filled_since_;
  Instant publish_at_;
  SourceState counted_;  // What was written.
  SourceState filled_;   // What is to be written next.
  bool is_paused_ = false;
  Seeks seeks_;
  std::atomic<bool> paused_;
  FeedDelays delays_;
  mutable Mutex mu_;
  SourceState state_ ABSL_GUARDED_BY(mu_);

  std::thread thread_;
};

}  // namespace freshet
