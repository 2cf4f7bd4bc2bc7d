// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <string>

namespace freshet {

absl::Status MakeError(absl::StatusCode code, fmt::string_view format,
                       fmt::format_args args) {
  const std::string text = fmt::vformat(format, args);
  return absl::Status(code, absl::string_view(text.data(), text.size()));
}

absl::Status Annotate(const absl::Status& status, std::string_view context) {
  if (status.ok()) return status;
  const std::string_view message(status.message().data(),
                                 status.message().size());
  return MakeError(status.code(), "{}: {}",
                   fmt::make_format_args(context, message));
}

}  // namespace freshet
