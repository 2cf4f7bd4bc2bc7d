// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "config/definitions.h"
#include "ingest/replay/topic_replay.h"
#include "server/push/live_state.h"

namespace freshet {

// The views that are made anew from topics, by the command of an operator. A
// restart ends them. Safe to use from any thread.
class Replays {
 public:
  struct Parts {
    LiveState* live = nullptr;
    const Clock* clock = nullptr;
    std::string dir;  // Storage directory.
    int64_t disk_reserve_bytes = 0;
    LiveState::Say say;
    // Has everybody know of what there is to be asked then:
    // Publisher::RefreshLive.
    std::function<absl::Status()> serve;
  };
  // All parts outlive it.
  explicit Replays(Parts parts) : parts_(std::move(parts)) {}
  // Ends them.
  ~Replays();
  Replays(const Replays&) = delete;
  Replays& operator=(const Replays&) = delete;

  // As TopicReplay::Begin. `definitions`: those that are served.
  absl::Status Begin(const Definitions& definitions,
                     const TopicReplay::Request& request);
  // Blocks until it has ended. NOT_FOUND: there is none.
  absl::Status Stop(const std::string& view);

 private:
  // Has everybody know of what was begun or ended.
  void Serve();
  absl::Status MayWrite() const;

  const Parts parts_;
  Mutex mu_;
  std::map<std::string, std::unique_ptr<TopicReplay>> replays_
      ABSL_GUARDED_BY(mu_);
};

}  // namespace freshet
