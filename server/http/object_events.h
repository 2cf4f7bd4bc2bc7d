// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace freshet {

// The objects that a notification of a bucket is about, as `bucket/key`. Known
// are S3's own message, alone or as SNS wraps it, and that of EventBridge. Keys
// are percent-decoded, as S3 encodes them; EventBridge does not. A message
// about none (the test that S3 sends when a notification is set up) gives none.
// INVALID_ARGUMENT: no message of these.
absl::StatusOr<std::vector<std::string>> ObjectsOf(std::string_view json);

}  // namespace freshet
