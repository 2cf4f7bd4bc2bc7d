// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ingest/feed/stop_flag.h"

namespace freshet {

class LiveState;
class LiveViews;

// Has windows whose definition changed be made anew from the change log, beside
// all else, and then served: half the time of one core at most.
class LiveBuilder {
 public:
  struct Parts {
    LiveState* live = nullptr;
    // Has everybody served by what there is then: Publisher::RefreshLive.
    std::function<absl::Status()> serve;
    std::function<void(const std::string& sentence, bool trouble)> say;
  };

  // Begins; what `parts` have outlives it.
  explicit LiveBuilder(Parts parts);
  // Ends after a step.
  ~LiveBuilder();
  LiveBuilder(const LiveBuilder&) = delete;
  LiveBuilder& operator=(const LiveBuilder&) = delete;

 private:
  void Run();
  // Whether there is more to do.
  absl::StatusOr<bool> Step(LiveViews& views) const;

  const Parts parts_;
  StopFlag stop_;
  std::thread thread_;
};

}  // namespace freshet
