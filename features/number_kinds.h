// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/type.h"

namespace freshet {

// Kinds whose values are float or double.
constexpr bool IsReal(Kind kind) {
  return kind == Kind::kFloat || kind == Kind::kDouble;
}

// Kinds that are added and averaged: a timestamp is none.
constexpr bool IsNumber(Kind kind) {
  return IsReal(kind) || kind == Kind::kInt32 || kind == Kind::kInt64 ||
         kind == Kind::kDecimal;
}

}  // namespace freshet
