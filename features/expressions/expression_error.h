// SPDX-License-Identifier: Apache-2.0
// What is wrong with an expression's text, and where in it.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <utility>

#include "absl/status/status.h"

namespace freshet {

struct ExpressionError {
  size_t offset = 0;  // Bytes before the place in the text.
  std::string message;
};

// INVALID_ARGUMENT `at 5: ...`, where 5 is the place's 1-based byte in the
// text; ExpressionErrorOf takes the two apart again.
absl::Status ToStatus(const ExpressionError& error);

// Requires: `status` is of ToStatus.
ExpressionError ExpressionErrorOf(const absl::Status& status);

template <typename... Args>
absl::Status ErrorAt(size_t offset, fmt::format_string<Args...> format,
                     Args&&... args) {
  return ToStatus({offset, fmt::format(format, std::forward<Args>(args)...)});
}

}  // namespace freshet
