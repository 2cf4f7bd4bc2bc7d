// SPDX-License-Identifier: Apache-2.0
// What is checked of a load before it is accepted.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "versions/loads/load_job.h"

namespace freshet {

// The idempotency key's length and the label's name.
absl::Status CheckLoadRequest(const LoadRequest& request);

// `path` made absolute (a relative one is taken from the first root), with
// links followed. INVALID_ARGUMENT: empty. PERMISSION_DENIED: not under any of
// `roots`.
absl::StatusOr<std::string> ResolveSnapshotPath(
    const std::string& path, const std::vector<std::string>& roots);

// `<view>-` and eight random hexadecimal digits.
std::string MakeLoadId(const std::string& view);

}  // namespace freshet
