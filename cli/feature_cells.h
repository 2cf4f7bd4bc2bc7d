// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "config/value.h"
#include "freshet/v1/online.pb.h"

namespace freshet {

// One value of a reply, unpacked.
struct FeatureCell {
  v1::State state = v1::STATE_UNSPECIFIED;
  v1::Cause cause = v1::CAUSE_NONE;
  Value value;  // Null unless the reply holds one.
  // Null: no row was read, or it was not asked for.
  std::optional<int64_t> event_time_micros;
};

// Unpacks a column, one cell per row of the request (a shared column's one
// value stands in each). `expired_values`: the request asked for them.
// Requires: names and types were asked for. INTERNAL if the column does not
// hold what its type and status bytes promise.
absl::StatusOr<std::vector<FeatureCell>> UnpackColumn(const v1::Column& column,
                                                      size_t rows,
                                                      bool expired_values);

// Without the prefix of the API's names; of one that a later daemon has, which
// is not known here, the number.
std::string StateText(v1::State state);
std::string CauseText(v1::Cause cause);
// `PRESENT`, `NULL (DEFAULTED)`.
std::string StatusText(const FeatureCell& cell);

}  // namespace freshet
