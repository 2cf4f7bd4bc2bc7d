// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "base/mutex.h"
#include "config/streams/push_log_source.h"
#include "ingest/kafka/kafka_writer.h"
#include "ingest/push_log/push_records.h"
#include "ingest/push_log/push_waits.h"

namespace freshet {

// What is pushed to one source: written to its topic, and answered once every
// in-sync replica has it and who reads the topic here says that all of it is
// served (docs/semantics.md, rules 17 and 18). Nobody waits in a call: writing,
// and giving up what takes too long, has a thread of its own. Safe to use from
// any thread.
class PushLog {
 public:
  // Asks no broker. Settings that do not work are said to who pushes, and tried
  // again. `say` may be null, and outlives this object.
  PushLog(std::string source, PushLogSource log, KafkaSay say);
  // What is open is UNAVAILABLE. Takes a second or more if brokers are silent.
  ~PushLog();
  PushLog(const PushLog&) = delete;
  PushLog& operator=(const PushLog&) = delete;

  // After OK `done` is called once, later, on any thread: OK, or UNAVAILABLE
  // and why, at the latest `delivery_timeout` from now; events that were not
  // acknowledged may be in the log all the same. An error took nothing, and
  // `done` is not called: RESOURCE_EXHAUSTED if too much waits,
  // INVALID_ARGUMENT if it is more than ever waits together, UNAVAILABLE if it
  // could not be acknowledged now, for its topic is not read.
  absl::Status Push(PushRecords records, const void* caller,
                    PushWaits::Done done);
  // What Push would say of so many bytes, before they are made.
  absl::Status Check(int64_t bytes);
  // What `caller` has open, to be answered now, CANCELLED: it may be in the log
  // all the same.
  [[nodiscard]] PushWaits::Answers CallOff(const void* caller);

  // From who reads the topic. OK: it is read. DATA_LOSS, a gap, ends what is
  // open; for other errors that may pass it waits.
  void SetReading(const absl::Status& health);
  // Nothing is made of its events here: who comes later reads them all.
  void SetUnread();
  void Reached(int32_t partition, int64_t next);

  const PushLogSource& log() const { return log_; }

  struct Stats {
    std::string source;
    PushWaits::Stats waits;
    int64_t refused = 0;  // Pushes ever, while the topic was not read.
  };
  Stats stats() const;

 private:
  struct Queued {
    uint64_t number = 0;
    PushRecords records;
  };

  absl::Status CheckLocked(int64_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Run();
  // Returns what is to be written; nothing, if it is to end.
  std::vector<Queued> WaitForWork();
  void Write(const Queued& queued);
  void TakeOutcomes(uint64_t number, const std::vector<KafkaWritten>& outcomes);
  void GiveUpLate();
  PushWaits::Reasons ReasonsFor(std::string_view why) const;

  const std::string source_;
  const PushLogSource log_;
  const KafkaSay say_;
  const int64_t bytes_max_;

  mutable Mutex mu_;
  CondVar changed_;
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  bool read_ ABSL_GUARDED_BY(mu_) = true;
  absl::Status health_ ABSL_GUARDED_BY(mu_);
  int64_t refused_ ABSL_GUARDED_BY(mu_) = 0;
  std::vector<Queued> queue_ ABSL_GUARDED_BY(mu_);
  PushWaits waits_ ABSL_GUARDED_BY(mu_);

  // Of the thread, and of the destructor once it has ended: outcomes come until
  // it is gone.
  std::unique_ptr<KafkaWriter> writer_;
  std::thread thread_;
};

}  // namespace freshet
