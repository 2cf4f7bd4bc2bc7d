// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "config/streams/stream_view.h"
#include "features/streams/event_codec.h"

namespace freshet {

namespace v1 {
class PushRequest;
}  // namespace v1

// An event that cannot be in any window.
struct RejectedPush {
  enum class Reason { kNoTime, kFuture };

  size_t row = 0;  // Of the request.
  Reason reason = Reason::kNoTime;
};

struct PushedEvents {
  // Those that were not rejected. Strings point into the request.
  LoggedEvents events;
  std::vector<RejectedPush> rejected = {};
};

// The events of a request to a source, at `now_micros`. INVALID_ARGUMENT names
// the column, and the row where it is one value's fault.
absl::StatusOr<PushedEvents> ReadPush(const v1::PushRequest& request,
                                      const StreamSource& source,
                                      int64_t now_micros);

}  // namespace freshet
