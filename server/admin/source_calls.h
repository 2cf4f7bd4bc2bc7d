// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"

namespace freshet {

class LiveState;
class Replays;
class Store;

namespace v1 {
class PauseSourceRequest;
class ReplayViewRequest;
class SeekSourceRequest;
class SeekSourceResponse;
}  // namespace v1

// The admin service's calls about sources that are read from topics. Safe to
// use from any thread.
class SourceCalls {
 public:
  SourceCalls(Store& store, LiveState& live, Replays& replays)
      : store_(store), live_(live), replays_(replays) {}

  absl::Status Pause(const v1::PauseSourceRequest& request);
  absl::Status Seek(const v1::SeekSourceRequest& request,
                    v1::SeekSourceResponse* response);
  absl::Status Replay(const v1::ReplayViewRequest& request);

 private:
  Store& store_;
  LiveState& live_;
  Replays& replays_;
};

}  // namespace freshet
