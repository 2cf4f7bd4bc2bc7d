// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"

namespace freshet {

class LiveState;

namespace v1 {
class PauseSourceRequest;
class SeekSourceRequest;
class SeekSourceResponse;
}  // namespace v1

// The admin service's calls about sources that are read from topics. Safe to
// use from any thread.
class SourceCalls {
 public:
  explicit SourceCalls(LiveState& live) : live_(live) {}

  absl::Status Pause(const v1::PauseSourceRequest& request);
  absl::Status Seek(const v1::SeekSourceRequest& request,
                    v1::SeekSourceResponse* response);

 private:
  LiveState& live_;
};

}  // namespace freshet
