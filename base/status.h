// SPDX-License-Identifier: Apache-2.0
// The two macros that carry absl::Status up, under the names that newer
// Abseil versions give them, so that these can be deleted one day.
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define FRESHET_CONCAT_(a, b) a##b
#define FRESHET_CONCAT(a, b) FRESHET_CONCAT_(a, b)

#define RETURN_IF_ERROR(expr)                                             \
  do {                                                                    \
    if (::absl::Status freshet_status_ = (expr); !freshet_status_.ok()) { \
      return freshet_status_;                                             \
    }                                                                     \
  } while (false)

#define ASSIGN_OR_RETURN(lhs, expr) \
  FRESHET_ASSIGN_OR_RETURN_(FRESHET_CONCAT(freshet_or_, __LINE__), lhs, expr)

#define FRESHET_ASSIGN_OR_RETURN_(tmp, lhs, expr) \
  auto tmp = (expr);                              \
  if (!tmp.ok()) return std::move(tmp).status();  \
  lhs = *std::move(tmp)
