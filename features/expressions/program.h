// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "config/type.h"
#include "features/expressions/functions/kernel.h"
#include "features/expressions/value_column.h"

namespace freshet {

// One kernel with what it reads and writes: indices of columns.
struct Step {
  Kernel kernel = nullptr;
  std::vector<uint32_t> args;
  uint32_t out = 0;
};

// An expression as steps, each of which fills a column that no other fills.
// Columns stand in the order: inputs, then constants and results of steps as
// they came.
struct Program {
  struct Constant {
    uint32_t column = 0;
    ValueColumn value;  // One row.
  };
  std::vector<Type> types;  // Of each column.
  size_t input_count = 0;
  std::vector<uint32_t> used_inputs;  // Ascending.
  std::vector<Constant> constants;
  std::deque<std::string> texts;  // What the constants' strings point to.
  std::vector<Step> steps;
  uint32_t result = 0;
};

// A longer expression is refused.
inline constexpr size_t kExpressionStepsMax = 512;

}  // namespace freshet
