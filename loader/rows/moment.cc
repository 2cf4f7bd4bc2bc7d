// SPDX-License-Identifier: Apache-2.0
#include "loader/rows/moment.h"

#include "base/error.h"
#include "base/status.h"
#include "loader/rows/slot.h"
#include "loader/rows/time_zone.h"

namespace freshet {

absl::Status CheckMicros(int64_t micros) {
  if (micros >= kMicrosMin && micros <= kMicrosMax) return absl::OkStatus();
  return InvalidArgument(
      "the time {} us since 1970 lies outside the years 1 to 9999", micros);
}

absl::Status SetMoment(const Moment& moment, Slot* slot) {
  RETURN_IF_ERROR(CheckMicros(moment.micros));
  slot->Set(moment.micros);
  slot->nanos = moment.nanos;
  return absl::OkStatus();
}

}  // namespace freshet
