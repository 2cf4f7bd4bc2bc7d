// SPDX-License-Identifier: Apache-2.0
// absl::Status from a formatted message, since Debian's absl::string_view is
// not std::string_view: `return InvalidArgument("view '{}' ...", view);`
#pragma once

#include <fmt/format.h>

#include <utility>

#include "absl/status/status.h"

namespace freshet {

absl::Status MakeError(absl::StatusCode code, fmt::string_view format,
                       fmt::format_args args);

// `status` with `context: ` before its message; OK stays OK.
absl::Status Annotate(const absl::Status& status, std::string_view context);

#define FRESHET_ERROR_(Name, Code)                                        \
  template <typename... Args>                                             \
  absl::Status Name(fmt::format_string<Args...> format, Args&&... args) { \
    return MakeError(absl::StatusCode::Code, format,                      \
                     fmt::make_format_args(args...));                     \
  }
FRESHET_ERROR_(InvalidArgument, kInvalidArgument)
FRESHET_ERROR_(NotFound, kNotFound)
FRESHET_ERROR_(AlreadyExists, kAlreadyExists)
FRESHET_ERROR_(FailedPrecondition, kFailedPrecondition)
FRESHET_ERROR_(PermissionDenied, kPermissionDenied)
FRESHET_ERROR_(ResourceExhausted, kResourceExhausted)
FRESHET_ERROR_(OutOfRange, kOutOfRange)
FRESHET_ERROR_(Unavailable, kUnavailable)
FRESHET_ERROR_(Aborted, kAborted)
FRESHET_ERROR_(Cancelled, kCancelled)
FRESHET_ERROR_(DeadlineExceeded, kDeadlineExceeded)
FRESHET_ERROR_(DataLoss, kDataLoss)
FRESHET_ERROR_(Internal, kInternal)
FRESHET_ERROR_(Unimplemented, kUnimplemented)
#undef FRESHET_ERROR_

}  // namespace freshet
