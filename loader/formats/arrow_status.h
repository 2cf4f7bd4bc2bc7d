// SPDX-License-Identifier: Apache-2.0
// Arrow's and Parquet's errors as ours: the one place that translates them.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace arrow {
class Status;
}  // namespace arrow

namespace freshet {

// RESOURCE_EXHAUSTED when a memory or size limit was met, INVALID_ARGUMENT for
// what the file should not hold, UNIMPLEMENTED for what cannot be read, else
// DATA_LOSS. The message is one line.
absl::Status FromArrow(const arrow::Status& status);

// For an arrow::Result<T>.
template <typename R>
absl::StatusOr<typename R::ValueType> FromArrowResult(R result) {
  if (!result.ok()) return FromArrow(result.status());
  return std::move(result).ValueUnsafe();
}

}  // namespace freshet
