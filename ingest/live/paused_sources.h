// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "ingest/live/live_writer.h"
#include "storage/live/live_store.h"

namespace freshet {

// Which sources an operator paused: kept with the live store, so that a restart
// does not resume them. Safe to use from any thread.
class PausedSources {
 public:
  // Both outlive it. DATA_LOSS if what is kept cannot be read.
  static absl::StatusOr<std::unique_ptr<PausedSources>> Open(
      LiveStore& store, LiveWriter& writer);

  std::set<std::string> Names() const;
  // On disk when it returns. Waits for a tick.
  absl::Status Set(const std::string& source, bool paused);

 private:
  PausedSources(LiveStore& store, LiveWriter& writer)
      : store_(store), writer_(writer) {}

  LiveStore& store_;
  LiveWriter& writer_;
  mutable Mutex mu_;
  std::set<std::string> names_ ABSL_GUARDED_BY(mu_);
};

}  // namespace freshet
