// SPDX-License-Identifier: Apache-2.0
// What freshetd ends with; docs/freshetd.md lists them. Numbers of
// sysexits.h, so that service managers know them.
#pragma once

#include "absl/status/status.h"

namespace freshet {

enum class ExitCode {
  kOk = 0,
  kUsage = 64,        // Wrong flags.
  kSoftware = 70,     // Could not start for any other reason.
  kTaken = 75,        // Storage directory or port in use: by whom is said.
  kConfig = 78,       // The file is wrong, or the machine too small for it.
  kTerminated = 143,  // A second SIGTERM, before draining had ended.
};

inline int ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return static_cast<int>(ExitCode::kOk);
    case absl::StatusCode::kAlreadyExists:
      return static_cast<int>(ExitCode::kTaken);
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
      return static_cast<int>(ExitCode::kConfig);
    default:
      return static_cast<int>(ExitCode::kSoftware);
  }
}

}  // namespace freshet
