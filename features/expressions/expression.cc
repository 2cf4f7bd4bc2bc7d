// SPDX-License-Identifier: Apache-2.0
#include "features/expressions/expression.h"

#include "base/check.h"
#include "base/status.h"
#include "features/expressions/compiler.h"

namespace freshet {

absl::StatusOr<Expression> Expression::Compile(
    std::string_view text, const std::vector<ExpressionInput>& inputs) {
  ASSIGN_OR_RETURN(const SyntaxTree tree, ParseExpression(text));
  ASSIGN_OR_RETURN(Program program, CompileTree(tree, inputs));
  return Expression(std::move(program));
}

Evaluator::Evaluator(const Expression& expression)
    : program_(expression.program()), columns_(program_.types.size()) {
  for (size_t i = 0; i < columns_.size(); ++i) {
    columns_[i].type = program_.types[i];
  }
  for (const Step& step : program_.steps) {
    for (const uint32_t arg : step.args) {
      if (arg < program_.input_count)
        input_uses_.push_back({args_.size(), arg});
      args_.push_back(&columns_[arg]);
    }
  }
}

const ValueColumn& Evaluator::Evaluate(
    const std::vector<const ValueColumn*>& inputs, size_t rows) {
  CHECK(inputs.size() == program_.input_count);
  for (const uint32_t input : program_.used_inputs) {
    CHECK(inputs[input]->type == program_.types[input] &&
          inputs[input]->states.size() >= rows);
  }
  if (rows > rows_) Grow(rows);
  for (const auto& [arg, input] : input_uses_) args_[arg] = inputs[input];
  arena_.Reset();
  StepCall call = {.rows = rows, .arena = &arena_};
  const ValueColumn* const* args = args_.data();
  for (const Step& step : program_.steps) {
    call.args = args;
    call.arg_count = step.args.size();
    call.out = &columns_[step.out];
    step.kernel(call);
    args += call.arg_count;
  }
  const bool is_input = program_.result < program_.input_count;
  return is_input ? *inputs[program_.result] : columns_[program_.result];
}

void Evaluator::Grow(size_t rows) {
  rows_ = rows;
  for (const Step& step : program_.steps) columns_[step.out].Resize(rows);
  for (const auto& [index, value] : program_.constants) {
    ValueColumn& column = columns_[index];
    column.states.assign(rows, value.states[0]);
    if (!value.integers.empty())
      column.integers.assign(rows, value.integers[0]);
    if (!value.reals.empty()) column.reals.assign(rows, value.reals[0]);
    if (!value.strings.empty()) column.strings.assign(rows, value.strings[0]);
  }
}

}  // namespace freshet
