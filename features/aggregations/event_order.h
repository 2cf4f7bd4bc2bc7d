// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>

namespace freshet {

// Which of two events is the first: docs/semantics.md, rule 24.
struct EventOrder {
  int64_t time_micros = 0;
  int32_t partition = 0;
  int64_t offset = 0;  // Of the log or, of what was pushed, its number.

  auto operator<=>(const EventOrder&) const = default;
};

}  // namespace freshet
