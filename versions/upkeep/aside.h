// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "versions/layout.h"

namespace freshet {

// Moves a version's directory that the catalog does not know out of the way:
// to `aside/<view>.v<id>.<micros>`, which it returns.
absl::StatusOr<std::string> SetAside(const std::string& dir,
                                     const std::string& view,
                                     const VersionFold& id, int64_t now_micros);

// Whether a version's directory of the view lies there still, or nobody knows.
bool IsAside(const std::string& dir, const std::string& view);

// Removes what was set aside longer than the grace period ago. Returns what it
// did, one sentence each.
absl::StatusOr<std::vector<std::string>> SweepAside(const std::string& dir,
                                                    int64_t grace_micros,
                                                    int64_t now_micros);

}  // namespace freshet
