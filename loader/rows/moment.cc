// SPDX-License-Identifier: Apache-2.0
#include "loader/rows/moment.h"

#include "base/error.h"
#include "base/status.h"
#include "loader/rows/time_zone.h"

namespace freshet {

absl::Status CheckMicros(int64_t micros) {
  if (micros >= kMicrosMin && micros <= kMicrosMax) return absl::OkStatus();
  return InvalidArgument(
      "the time {} us since 1970 lies outside the years 1 to 9999", micros);
}

absl::Status SetMicros(int64_t micros, Slot* slot) {
  RETURN_IF_ERROR(CheckMicros(micros));
  slot->Set(micros);
  return absl::OkStatus();
}

}  // namespace freshet
