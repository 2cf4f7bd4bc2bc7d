// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/key_arguments.h"
#include "freshet/v1/online.pb.h"

namespace freshet {

// What `freshet get` shows of one reply.
struct FeatureReport {
  const std::vector<KeyArgument>& keys;
  const v1::GetFeaturesResponse& reply;
  bool expired_values = false;  // They were asked for.

  // A line per entity and a column per feature; the other way round when there
  // are many features.
  absl::StatusOr<std::string> AsTable() const;
  // A line per value: status, version, event time, age, why.
  absl::StatusOr<std::string> AsExplanation() const;
  // One object, `rows` an array with an object per entity. Integers are exact
  // numbers; decimals, timestamps, bytes, NaN and infinities are text.
  absl::StatusOr<std::string> AsJson() const;
};

}  // namespace freshet
