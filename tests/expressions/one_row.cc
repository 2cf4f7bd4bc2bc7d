// SPDX-License-Identifier: Apache-2.0
#include "tests/expressions/one_row.h"

#include <fmt/format.h>

#include <deque>
#include <vector>

#include "config/timestamp.h"
#include "config/value.h"
#include "features/expressions/expression.h"

namespace freshet {
namespace {

struct Columns {
  std::vector<ExpressionInput> inputs;
  std::deque<ValueColumn> values;

  ValueColumn& Add(const char* name, Type type) {
    inputs.push_back({name, type});
    ValueColumn& column = values.emplace_back();
    column.type = type;
    column.Resize(1);
    column.states[0] = RowState::kValue;
    return column;
  }
};

Columns OneRow() {
  constexpr int64_t kNoon = 1'709'209'800'000'000;
  Columns columns;
  columns.Add("i", {.kind = Kind::kInt32}).integers[0] = 7;
  columns.Add("l", {.kind = Kind::kInt64}).integers[0] = 3'000'000'000;
  columns.Add("f", {.kind = Kind::kFloat}).reals[0] = 1.5;
  columns.Add("d", {.kind = Kind::kDouble}).reals[0] = 2.5;
  columns.Add("m", {.kind = Kind::kDecimal, .precision = 5, .scale = 2})
      .integers[0] = 1234;
  columns.Add("s", {.kind = Kind::kString}).strings[0] = "H\xC3\xA9 12";
  columns.Add("b", {.kind = Kind::kBool}).integers[0] = 1;
  columns.Add("t", {.kind = Kind::kTimestamp}).integers[0] = kNoon;
  columns.Add("n", {.kind = Kind::kInt32}).states[0] = RowState::kNull;
  return columns;
}

std::string ShownReal(double value) {
  std::string text = fmt::format("{}", value);
  const bool whole = text.find_first_not_of("-0123456789") == text.npos;
  return whole ? text + ".0" : text;
}

std::string ShownValue(const ValueColumn& column) {
  switch (column.states[0]) {
    case RowState::kValue:
      break;
    case RowState::kNull:
      return "null";
    case RowState::kOverflow:
      return "overflow";
    case RowState::kBadInput:
      return "bad input";
  }
  switch (StorageOf(column.type.kind)) {
    case Storage::kIntegers:
      if (column.type.kind == Kind::kBool) {
        return FormatValue(column.type, Value(column.integers[0] != 0));
      }
      return FormatValue(column.type, Value(column.integers[0]));
    case Storage::kReals:
      return ShownReal(column.reals[0]);
    case Storage::kStrings:
      return std::string(column.strings[0]);
  }
  return "";
}

}  // namespace

std::string ShownResult(std::string_view text) {
  const Columns columns = OneRow();
  const auto expression = Expression::Compile(text, columns.inputs);
  if (!expression.ok()) {
    return "error " + std::string(expression.status().message());
  }
  std::vector<const ValueColumn*> pointers;
  for (const ValueColumn& column : columns.values) pointers.push_back(&column);
  Evaluator evaluator(*expression);
  return expression->type().ToString() + " " +
         ShownValue(evaluator.Evaluate(pointers, 1));
}

}  // namespace freshet
