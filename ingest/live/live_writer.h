// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "base/mutex.h"
#include "features/streams/event_codec.h"
#include "ingest/live/live_applier.h"

namespace freshet {

class Clock;

// Takes events from many threads and writes all that came meanwhile together,
// one tick after the other: they share the log's fsyncs, and a key that many of
// them are of is written once. Lets go, too, of what waited for its time. Safe
// to use from any thread.
class LiveWriter {
 public:
  struct Settings {
    // Of events that wait for a tick; more are refused.
    int64_t queue_bytes_max = 64 << 20;
    // So much of what waits is in one tick.
    int64_t tick_bytes_max = 16 << 20;
  };

  // Both must outlive the writer, which alone uses the applier.
  LiveWriter(LiveApplier& applier, const Clock& clock,
             const Settings& settings);
  // What waits is CANCELLED.
  ~LiveWriter();
  LiveWriter(const LiveWriter&) = delete;
  LiveWriter& operator=(const LiveWriter&) = delete;

  // `done` is called once, on the writer's thread or before Submit returns:
  // after OK the events are on disk, and every later read knows of them. When
  // they came is set here. RESOURCE_EXHAUSTED if too much waits,
  // INVALID_ARGUMENT if it is more than a record may be, CANCELLED if the
  // writer ends, UNAVAILABLE if nothing can be written any more. What strings
  // point to must stay until then.
  using Done = std::function<void(absl::Status)>;
  void Submit(LoggedEvents events, Done done);

  // Calls `use` between two ticks, and returns after it: to change views.
  void Use(const std::function<void(LiveApplier&)>& use);

  // Lets go of what waited for a time that is past by the clock; on return
  // every read knows of it. Done by itself some milliseconds later: for a clock
  // that jumped.
  absl::Status Release();

  // Why nothing can be written any more; OK: it can.
  absl::Status health() const;

 private:
  struct Waiting {
    LoggedEvents events;
    int64_t bytes = 0;
    Done done;
  };

  void Run();
  // What a tick writes; perhaps nothing, if there are parked events to look
  // after.
  std::vector<Waiting> WaitForWork(bool some_parked);
  // Returns whether some are parked.
  bool Write(std::vector<Waiting> taken);

  const Clock& clock_;
  const Settings settings_;

  mutable Mutex mu_;
  CondVar changed_;
  std::vector<Waiting> queue_ ABSL_GUARDED_BY(mu_);
  int64_t queue_bytes_ ABSL_GUARDED_BY(mu_) = 0;
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status health_ ABSL_GUARDED_BY(mu_);

  // Held by who uses the applier; taken before mu_, if both are.
  Mutex applier_mu_;
  LiveApplier& applier_ ABSL_GUARDED_BY(applier_mu_);
  int64_t expired_micros_ ABSL_GUARDED_BY(applier_mu_) = 0;

  std::thread thread_;
};

}  // namespace freshet
