// SPDX-License-Identifier: Apache-2.0
#pragma once

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
#include "ingest/feed/source_state.h"
#include "ingest/feed/stop_flag.h"
#include "ingest/kafka/kafka_reader.h"
#include "ingest/live/live_views.h"

namespace freshet {

class DeadLetters;
class FeedWriter;

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
  SourceState state() const;

  // Reads a partition on from `start` that a gap or another log stopped: soon.
  // What it passes over is lost: LiveViews::Progress::MarkLost before.
  // FAILED_PRECONDITION for one that is not stopped.
  absl::Status GoOn(const std::string& topic, int32_t partition,
                    KafkaStart start);

 private:
  using Partition = std::pair<std::string, int32_t>;
  using Instant = std::chrono::steady_clock::time_point;

  void Run();
  // Until it is to stop; else an error says why it could not begin.
  absl::Status Read();
  absl::Status ReadOn(KafkaReader& reader, DeadLetters& letters,
                      FeedWriter& writer);
  absl::Status Write(FeedWriter& writer);
  std::chrono::milliseconds PollTimeout(FeedWriter& writer) const;
  void TakeEvent(const KafkaEvent& event, FeedWriter& writer);
  absl::Status TakeRecords(std::span<const KafkaRecord> records,
                           DeadLetters& letters, FeedWriter& writer);
  void RestartAsked(KafkaReader& reader);
  void TakeTrouble(const absl::Status& status);
  void Publish(const KafkaReader& reader);
  absl::Status HealthOf(const SourceState& state) const;

  const Parts parts_;
  const StreamSource source_;
  StopFlag stop_;

  // Of the feed's thread.
  std::map<Partition, PartitionPosition> positions_;
  std::map<Partition, std::string> troubles_;
  Instant filled_since_;
  Instant publish_at_;
  SourceState counted_;  // What was written.
  SourceState filled_;   // What is to be written next.

  struct Restarting {
    Partition partition;
    KafkaStart start;
  };
  mutable Mutex mu_;
  SourceState state_ ABSL_GUARDED_BY(mu_);
  std::vector<Restarting> restarts_ ABSL_GUARDED_BY(mu_);

  std::thread thread_;
};

}  // namespace freshet
