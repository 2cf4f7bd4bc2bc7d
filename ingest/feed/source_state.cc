// SPDX-License-Identifier: Apache-2.0
#include "ingest/feed/source_state.h"

namespace freshet {

std::string_view DeadLetterReasonName(DeadLetterReason reason) {
  switch (reason) {
    case DeadLetterReason::kTombstone:
      return "tombstone";
    case DeadLetterReason::kMalformed:
      return "malformed";
    case DeadLetterReason::kWrongType:
      return "wrong_type";
    case DeadLetterReason::kNoTime:
      return "no_time";
    case DeadLetterReason::kFuture:
      return "future";
    case DeadLetterReason::kTooLong:
      break;
  }
  return "too_long";
}

}  // namespace freshet
