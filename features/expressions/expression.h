// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "features/expressions/functions/string_arena.h"
#include "features/expressions/program.h"
#include "features/expressions/value_column.h"

namespace freshet {

// A column that an expression may name.
struct ExpressionInput {
  std::string name;  // Perhaps with dots: `checkout.amount`.
  Type type;
};

// A scalar expression of docs/expressions.md: text with all names found and all
// types known.
//
// Knows no clock, no random number, no file: the same inputs give the same
// bits. Its cost is bounded by the limits of syntax.h and program.h, times the
// rows, times the length of their strings. Immutable; safe to use from any
// thread.
class Expression {
 public:
  // INVALID_ARGUMENT says what is wrong, and where: ExpressionErrorOf of
  // expression_error.h. Inputs of a list's type cannot be used, and are in
  // nobody's way.
  static absl::StatusOr<Expression> Compile(
      std::string_view text, const std::vector<ExpressionInput>& inputs);

  const Type& type() const { return program_->types[program_->result]; }
  // Indices into the inputs, ascending.
  const std::vector<uint32_t>& used_inputs() const {
    return program_->used_inputs;
  }
  const Program& program() const { return *program_; }

 private:
  explicit Expression(Program program)
      : program_(std::make_unique<const Program>(std::move(program))) {}

  std::unique_ptr<const Program> program_;
};

// Evaluates one expression over batches of rows; keeps the memory that the
// largest of them took, about 9 bytes a step and row, and allocates nothing
// once it has seen it (but for timestamps from and to text). Batches of 100 to
// 1,000 rows are quickest. One thread at a time.
class Evaluator {
 public:
  // `expression` must outlive this object.
  explicit Evaluator(const Expression& expression);

  // The first `rows` rows of the result; valid until the next call, and as long
  // as the inputs and the expression are. Requires: inputs[i] is of the type of
  // the i-th input and has that many rows, for each i of used_inputs(); the
  // others may be null.
  const ValueColumn& Evaluate(const std::vector<const ValueColumn*>& inputs,
                              size_t rows);

 private:
  // An argument that is an input, to be put in place for each batch.
  struct InputUse {
    size_t arg = 0;
    uint32_t input = 0;
  };

  void Grow(size_t rows);

  const Program& program_;
  std::vector<ValueColumn> columns_;      // Those of inputs stay empty.
  std::vector<const ValueColumn*> args_;  // Of all steps, one after another.
  std::vector<InputUse> input_uses_;
  StringArena arena_;
  size_t rows_ = 0;  // For how many there is room.
};

}  // namespace freshet
