// SPDX-License-Identifier: Apache-2.0
#include "features/expressions/common_type.h"

#include <algorithm>

#include "features/expressions/functions/numbers.h"
#include "features/number_kinds.h"

namespace freshet {
namespace {

constexpr Type kDouble = {.kind = Kind::kDouble};

// An integer as the decimal that holds each of its values.
Type AsDecimal(const Type& type) {
  if (type.kind == Kind::kDecimal) return type;
  const uint8_t digits = type.kind == Kind::kInt32 ? 10 : 19;
  return {.kind = Kind::kDecimal, .precision = digits, .scale = 0};
}

Type CommonDecimal(const Type& a, const Type& b) {
  const int scale = std::max(a.scale, b.scale);
  const int whole = std::max(a.precision - a.scale, b.precision - b.scale);
  if (scale + whole > kDecimalDigitsMax) return kDouble;
  return {.kind = Kind::kDecimal,
          .precision = static_cast<uint8_t>(scale + whole),
          .scale = static_cast<uint8_t>(scale)};
}

std::optional<Type> CommonOfTwo(const Type& a, const Type& b) {
  if (a == b) return a;
  if (!IsNumber(a.kind) || !IsNumber(b.kind)) return std::nullopt;
  const bool decimal = a.kind == Kind::kDecimal || b.kind == Kind::kDecimal;
  if (decimal && !IsReal(a.kind) && !IsReal(b.kind)) {
    return CommonDecimal(AsDecimal(a), AsDecimal(b));
  }
  if (a.kind == Kind::kDecimal) return b;
  if (b.kind == Kind::kDecimal) return a;
  return Type{.kind = std::max(a.kind, b.kind)};
}

}  // namespace

std::optional<Type> CommonType(std::vector<Type> types) {
  // First, since a decimal and an int64 beside a float are no double.
  std::stable_partition(types.begin(), types.end(),
                        [](const Type& type) { return IsReal(type.kind); });
  std::optional<Type> common = types[0];
  for (const Type& type : types) {
    common = CommonOfTwo(*common, type);
    if (!common.has_value()) break;
  }
  return common;
}

bool ConvertsTo(const Type& from, const Type& to) {
  const auto common = CommonOfTwo(from, to);
  return common.has_value() && *common == to;
}

}  // namespace freshet
