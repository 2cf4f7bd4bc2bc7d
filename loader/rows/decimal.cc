// SPDX-License-Identifier: Apache-2.0
#include "loader/rows/decimal.h"

#include "base/error.h"

namespace freshet {
namespace {

int64_t PowerOfTen(uint8_t exponent) {
  int64_t power = 1;
  for (uint8_t i = 0; i < exponent; ++i) power *= 10;
  return power;
}

absl::Status NotDecimal(std::string_view text, const Type& to) {
  return InvalidArgument("'{}' is not a {}", text.substr(0, 64), to.ToString());
}

}  // namespace

absl::Status SetDecimal(int64_t unscaled, const Type& to, Slot* slot) {
  const int64_t limit = PowerOfTen(to.precision);
  if (unscaled >= limit || unscaled <= -limit) {
    return InvalidArgument("the unscaled value {} has more digits than {}",
                           unscaled, to.ToString());
  }
  slot->Set(unscaled);
  return absl::OkStatus();
}

absl::StatusOr<int64_t> ParseDecimal(std::string_view text, const Type& to) {
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative) rest.remove_prefix(1);

  int64_t value = 0;
  int fraction = -1;  // Digits after the point; -1: no point yet.
  bool any = false;
  for (const char c : rest) {
    if (c == '.') {
      if (fraction >= 0) return NotDecimal(text, to);
      fraction = 0;
      continue;
    }
    if (c < '0' || c > '9') return NotDecimal(text, to);
    any = true;
    if (fraction >= to.scale) {
      if (c == '0') continue;
      return InvalidArgument("'{}' has more than the {} decimals of {}",
                             text.substr(0, 64), to.scale, to.ToString());
    }
    if (fraction >= 0) ++fraction;
    if (__builtin_mul_overflow(value, 10, &value) ||
        __builtin_add_overflow(value, c - '0', &value)) {
      return InvalidArgument("'{}' has more digits than {}", text.substr(0, 64),
                             to.ToString());
    }
  }
  if (!any) return NotDecimal(text, to);
  for (int i = fraction < 0 ? 0 : fraction; i < to.scale; ++i) {
    if (__builtin_mul_overflow(value, 10, &value)) {
      return InvalidArgument("'{}' has more digits than {}", text.substr(0, 64),
                             to.ToString());
    }
  }
  return negative ? -value : value;
}

}  // namespace freshet
