// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "base/mutex.h"
#include "ingest/feed/dead_letters.h"
#include "ingest/feed/feed_batch.h"
#include "ingest/feed/stop_flag.h"
#include "ingest/live/live_views.h"

namespace freshet {

// Writes a source's batches in their order: one is filled while the one before
// is written. What cannot be written is tried again until it can be, and
// nothing after it is: so no position is ahead of its events. Used by one
// thread.
class FeedWriter {
 public:
  struct Parts {
    LiveViews* views = nullptr;
    EventFormat* format = nullptr;
    DeadLetters* letters = nullptr;
    StopFlag* stop = nullptr;  // Ends waiting for the disk.
    // Why writing does not go on; OK: it does. Each time that it is tried
    // again, on the writer's thread.
    std::function<void(const absl::Status&)> on_trouble;
    // A batch was written, which every later read knows of; on the live views'
    // thread.
    std::function<void(const FeedBatch&)> on_written;
  };

  // All parts outlive the writer.
  FeedWriter(Parts parts, const StreamSource& source);
  // Waits for what is under way.
  ~FeedWriter();
  FeedWriter(const FeedWriter&) = delete;
  FeedWriter& operator=(const FeedWriter&) = delete;

  FeedBatch& filling() { return *filling_; }
  // Whether Write would wait.
  bool busy() const;

  // Has the batch that was filled written, its dead letters first, once the one
  // before is; filling() is then empty. CANCELLED if it is to stop.
  absl::Status Write();

 private:
  void Submit();
  absl::Status WaitUntilDone();
  // Waits for what is under way, and tries again what failed.
  absl::Status Settle();
  absl::Status TryUntilDone(const std::function<absl::Status()>& attempt);

  const Parts parts_;
  std::unique_ptr<FeedBatch> filling_;
  std::unique_ptr<FeedBatch> writing_;  // Empty: nothing is under way.

  mutable Mutex mu_;
  CondVar changed_;
  bool open_ ABSL_GUARDED_BY(mu_) = false;  // Not called back yet.
  absl::Status outcome_ ABSL_GUARDED_BY(mu_);
};

}  // namespace freshet
