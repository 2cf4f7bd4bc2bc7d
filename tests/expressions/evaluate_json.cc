// SPDX-License-Identifier: Apache-2.0
#include "tests/expressions/evaluate_json.h"

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <deque>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/check.h"
#include "features/expressions/expression.h"
#include "features/expressions/expression_error.h"

namespace freshet {
namespace {

using nlohmann::json;

// A column with what its strings point to.
struct OwnedColumn {
  ValueColumn column;
  std::deque<std::string> texts;
};

double RealOf(const std::string& hexadecimal) {
  uint64_t bits = 0;
  const char* end = hexadecimal.data() + hexadecimal.size();
  CHECK(std::from_chars(hexadecimal.data(), end, bits, 16).ptr == end);
  return std::bit_cast<double>(bits);
}

void SetRow(const json& value, size_t row, OwnedColumn& owned) {
  ValueColumn& column = owned.column;
  if (value.is_null()) return;
  column.states[row] = RowState::kValue;
  switch (StorageOf(column.type.kind)) {
    case Storage::kIntegers:
      column.integers[row] =
          value.is_boolean() ? value.get<bool>() ? 1 : 0 : value.get<int64_t>();
      return;
    case Storage::kReals:
      column.reals[row] = RealOf(value.get<std::string>());
      return;
    case Storage::kStrings:
      column.strings[row] = owned.texts.emplace_back(value.get<std::string>());
      return;
  }
}

json RowOf(const ValueColumn& column, size_t row) {
  if (column.states[row] != RowState::kValue) return nullptr;
  switch (StorageOf(column.type.kind)) {
    case Storage::kIntegers:
      if (column.type.kind == Kind::kBool) return column.integers[row] != 0;
      return column.integers[row];
    case Storage::kReals:
      return fmt::format("{:016x}", std::bit_cast<uint64_t>(column.reals[row]));
    case Storage::kStrings:
      return std::string(column.strings[row]);
  }
  return nullptr;
}

struct Answer {
  std::vector<int> states;
  json values = json::array();

  void Add(const ValueColumn& column, size_t row) {
    states.push_back(static_cast<int>(column.states[row]));
    values.push_back(RowOf(column, row));
  }
};

// Each row of the inputs alone, as a column of one.
Answer OneByOne(const Expression& expression, const json& inputs,
                const std::vector<ExpressionInput>& columns, size_t rows) {
  Answer answer;
  Evaluator evaluator(expression);
  for (size_t row = 0; row < rows; ++row) {
    std::deque<OwnedColumn> owned(columns.size());
    std::vector<const ValueColumn*> pointers;
    for (size_t i = 0; i < columns.size(); ++i) {
      owned[i].column.type = columns[i].type;
      owned[i].column.Resize(1);
      SetRow(inputs[i]["values"][row], 0, owned[i]);
      pointers.push_back(&owned[i].column);
    }
    answer.Add(evaluator.Evaluate(pointers, 1), 0);
  }
  return answer;
}

}  // namespace

std::string EvaluateJson(std::string_view request) {
  const json parsed = json::parse(request);
  const json& inputs = parsed["inputs"];
  const auto rows = parsed["rows"].get<size_t>();
  std::vector<ExpressionInput> columns;
  std::deque<OwnedColumn> owned(inputs.size());
  std::vector<const ValueColumn*> pointers;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const auto type = Type::Parse(inputs[i]["type"].get<std::string>());
    CHECK(type.ok());
    columns.push_back({inputs[i]["name"].get<std::string>(), *type});
    owned[i].column.type = *type;
    owned[i].column.Resize(rows);
    for (size_t row = 0; row < rows; ++row) {
      SetRow(inputs[i]["values"][row], row, owned[i]);
    }
    pointers.push_back(&owned[i].column);
  }
  const auto expression =
      Expression::Compile(parsed["expression"].get<std::string>(), columns);
  if (!expression.ok()) {
    const ExpressionError error = ExpressionErrorOf(expression.status());
    return json{{"error", error.message}, {"offset", error.offset}}.dump();
  }
  Evaluator evaluator(*expression);
  const ValueColumn& result = evaluator.Evaluate(pointers, rows);
  Answer answer;
  for (size_t row = 0; row < rows; ++row) answer.Add(result, row);
  const Answer alone = OneByOne(*expression, inputs, columns, rows);
  CHECK(alone.states == answer.states && alone.values == answer.values);
  return json{{"type", expression->type().ToString()},
              {"states", answer.states},
              {"values", answer.values}}
      .dump();
}

}  // namespace freshet
