// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "config/definitions.h"
#include "ingest/live/live_erasure.h"
#include "versions/erasure/erasure.h"
#include "versions/upkeep/audit_log.h"

namespace freshet {

class Clock;
class LiveState;

// What Erasure is to versions, for live rows and windows: forgets entities, and
// erases what is due from the disk, on a thread of its own. What was done is in
// the audit log. Safe to use from any thread.
class LiveEraser {
 public:
  using Say = std::function<void(const std::string& sentence, bool trouble)>;

  struct Parts {
    LiveState* live;
    const Clock* clock;
    std::string dir;  // Storage directory.
    int64_t erase_after_micros = 0;
    // Less free space than that, and it waits.
    int64_t disk_reserve_bytes = 0;
    Say say;
  };
  // All parts outlive it.
  explicit LiveEraser(Parts parts);
  // Ends a compaction at work; it is done after the next start.
  ~LiveEraser();
  LiveEraser(const LiveEraser&) = delete;
  LiveEraser& operator=(const LiveEraser&) = delete;

  // As LiveErasure::Forget; nothing, if nothing comes by events. UNAVAILABLE:
  // something does, and it cannot be opened.
  absl::StatusOr<std::vector<ErasedEntity>> Forget(
      const Definitions& definitions, const Erasure::Request& request);

  // What is not gone from the disk yet, the oldest first.
  std::vector<ErasedEntity> List() const;

  // When erasing it is due.
  int64_t DueMicros(const ErasedEntity& erased) const {
    return erased.at_micros + parts_.erase_after_micros;
  }

 private:
  void Run();
  absl::Status EraseDue();
  absl::Status Audit(const std::string& action, int64_t at_micros,
                     const ErasedEntity& erased);

  const Parts parts_;
  AuditLog audit_;
  std::atomic<bool> stop_{false};
  Mutex mu_;
  CondVar changed_;
  bool look_ ABSL_GUARDED_BY(mu_) = false;  // Soon.
  std::thread thread_;
};

}  // namespace freshet
