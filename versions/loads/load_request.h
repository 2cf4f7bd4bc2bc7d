// SPDX-License-Identifier: Apache-2.0
// What is checked of a load before it is accepted.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/settings.h"
#include "versions/loads/load_job.h"

namespace freshet {

// The idempotency key's length, the label's name, and that as_of is not in the
// future (beyond what two clocks may differ by).
absl::Status CheckLoadRequest(const LoadRequest& request, int64_t now_micros);

// `path` made absolute (a relative one starts at settings.relative_to, or at
// the first root), with links followed; or an ObjectUrl as written, but for
// slashes at its end. INVALID_ARGUMENT: empty, there are no roots, or no
// ObjectUrl though it has a scheme. PERMISSION_DENIED: not under any root.
absl::StatusOr<std::string> ResolveSnapshotPath(const std::string& path,
                                                const LoadSettings& settings);

// `<view>-` and eight random hexadecimal digits.
std::string MakeLoadId(const std::string& view);

}  // namespace freshet
