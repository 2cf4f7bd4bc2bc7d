// SPDX-License-Identifier: Apache-2.0
#include "features/expressions/emitter.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.h"
#include "features/expressions/expression_error.h"

namespace freshet {
namespace {

// One row, null.
ValueColumn OneRow(const Type& type) {
  ValueColumn column;
  column.type = type;
  column.Resize(1);
  return column;
}

}  // namespace

Emitter::Emitter(const std::vector<ExpressionInput>& inputs) {
  program_.input_count = inputs.size();
  for (const ExpressionInput& input : inputs) {
    program_.types.push_back(input.type);
  }
}

Operand Emitter::AddInput(size_t input) {
  const auto column = static_cast<uint32_t>(input);
  auto& used = program_.used_inputs;
  const auto at = std::lower_bound(used.begin(), used.end(), column);
  if (at == used.end() || *at != column) used.insert(at, column);
  return {.column = column};
}

Operand Emitter::AddLiteral(const Type& type, const Value& value) {
  ValueColumn column = OneRow(type);
  if (value.IsNull()) {
    Operand null = AddConstant(std::move(column));
    null.typed = false;
    return null;
  }
  column.states[0] = RowState::kValue;
  if (const bool* truth = std::get_if<bool>(&value.v)) {
    column.integers[0] = *truth ? 1 : 0;
  } else if (const auto* integer = std::get_if<int64_t>(&value.v)) {
    column.integers[0] = *integer;
  } else if (const auto* real = std::get_if<double>(&value.v)) {
    column.reals[0] = *real;
  } else {
    column.strings[0] = std::get<std::string>(value.v);
  }
  return AddConstant(std::move(column));
}

Operand Emitter::AddTypedNull(const Type& type) {
  return AddConstant(OneRow(type));
}

Operand Emitter::AddConstant(ValueColumn value) {
  for (std::string_view& text : value.strings) {
    text = program_.texts.emplace_back(text);
  }
  const auto column = static_cast<uint32_t>(program_.types.size());
  program_.types.push_back(value.type);
  program_.constants.push_back({column, std::move(value)});
  return {.column = column, .constant = true};
}

const ValueColumn& Emitter::ConstantOf(const Operand& operand) const {
  const auto at = std::lower_bound(
      program_.constants.begin(), program_.constants.end(), operand.column,
      [](const Program::Constant& constant, uint32_t column) {
        return constant.column < column;
      });
  CHECK(at != program_.constants.end() && at->column == operand.column);
  return at->value;
}

absl::StatusOr<Operand> Emitter::AddStep(size_t offset, Kernel kernel,
                                         const std::vector<Operand>& args,
                                         const Type& type) {
  CHECK(kernel != nullptr);
  if (std::all_of(args.begin(), args.end(),
                  [](const Operand& arg) { return arg.constant; })) {
    return Fold(offset, kernel, args, type);
  }
  if (program_.steps.size() == kExpressionStepsMax) {
    return ErrorAt(offset, "more than {} operations", kExpressionStepsMax);
  }
  Step step;
  step.kernel = kernel;
  step.out = static_cast<uint32_t>(program_.types.size());
  for (const Operand& arg : args) step.args.push_back(arg.column);
  program_.types.push_back(type);
  program_.steps.push_back(std::move(step));
  return Operand{.column = program_.steps.back().out};
}

absl::StatusOr<Operand> Emitter::Fold(size_t offset, Kernel kernel,
                                      const std::vector<Operand>& args,
                                      const Type& type) {
  std::vector<const ValueColumn*> columns;
  for (const Operand& arg : args) columns.push_back(&ConstantOf(arg));
  ValueColumn result = OneRow(type);
  StringArena arena;
  kernel({.args = columns.data(),
          .arg_count = columns.size(),
          .out = &result,
          .rows = 1,
          .arena = &arena});
  if (result.states[0] == RowState::kOverflow) {
    return ErrorAt(offset, "this always exceeds {}", type.ToString());
  }
  if (result.states[0] == RowState::kBadInput) {
    return ErrorAt(offset, "this always fails: its value is none for {}",
                   type.ToString());
  }
  return AddConstant(std::move(result));
}

Program Emitter::Finish(const Operand& result) && {
  program_.result = result.column;
  return std::move(program_);
}

}  // namespace freshet
