// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"

namespace freshet {

// Where all time of day comes from (docs/semantics.md, rule 1): nothing else
// in Freshet reads the wall clock. Time-outs are not time of day; they use
// std::chrono::steady_clock. Safe to use from any thread.
class Clock {
 public:
  virtual ~Clock() = default;

  // Microseconds since 1970-01-01T00:00:00Z.
  virtual int64_t NowMicros() const = 0;
};

// The machine's clock.
class SystemClock final : public Clock {
 public:
  int64_t NowMicros() const override;
};

// Stands where it was put: for tests.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(int64_t now_micros) : now_(now_micros) {}

  int64_t NowMicros() const override { return now_.load(); }
  void Set(int64_t now_micros) { now_.store(now_micros); }
  void Advance(int64_t micros) { now_.fetch_add(micros); }

 private:
  std::atomic<int64_t> now_;
};

// Runs at the machine's pace from a start of one's own, so that events of 2013
// can be "now" in an example. Set moves it; Hold also stops it, for a test that
// asks at one exact moment.
class SimulatedClock final : public Clock {
 public:
  explicit SimulatedClock(int64_t start_micros) { Set(start_micros); }

  int64_t NowMicros() const override;
  void Set(int64_t now_micros);
  void Hold(int64_t now_micros);  // It stands there until it is set again.

 private:
  mutable Mutex mu_;
  // What is added to a monotonic clock's reading, unless it stands.
  int64_t offset_ ABSL_GUARDED_BY(mu_) = 0;
  bool stands_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace freshet
