// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "config/value.h"
#include "features/expressions/expression.h"
#include "features/expressions/program.h"

namespace freshet {

// What a part of an expression became: a column of the program.
struct Operand {
  uint32_t column = 0;
  bool typed = true;  // false: a NULL that is of whatever type is wanted.
  bool constant = false;
};

// Puts a program together. A step whose arguments are all constants is taken at
// once, and its result is a constant.
class Emitter {
 public:
  explicit Emitter(const std::vector<ExpressionInput>& inputs);

  Operand AddInput(size_t input);
  // A NULL has no type.
  Operand AddLiteral(const Type& type, const Value& value);
  Operand AddTypedNull(const Type& type);

  // `offset` is where in the text, for INVALID_ARGUMENT of ErrorAt: too many
  // steps, or one that can only fail.
  absl::StatusOr<Operand> AddStep(size_t offset, Kernel kernel,
                                  const std::vector<Operand>& args,
                                  const Type& type);

  const Type& TypeOf(const Operand& operand) const {
    return program_.types[operand.column];
  }

  Program Finish(const Operand& result) &&;

 private:
  Operand AddConstant(ValueColumn value);
  const ValueColumn& ConstantOf(const Operand& operand) const;
  absl::StatusOr<Operand> Fold(size_t offset, Kernel kernel,
                               const std::vector<Operand>& args,
                               const Type& type);

  Program program_;
};

}  // namespace freshet
