// SPDX-License-Identifier: Apache-2.0
// What an expression costs a row, alone and in batches.
#include <benchmark/benchmark.h>

#include <vector>

#include "base/check.h"
#include "features/expressions/expression.h"

namespace freshet {
namespace {

const std::vector<ExpressionInput>& Inputs() {
  static const std::vector<ExpressionInput> inputs = {
      {"i", {.kind = Kind::kInt32}},
      {"l", {.kind = Kind::kInt64}},
      {"d", {.kind = Kind::kDouble}},
      {"s", {.kind = Kind::kString}}};
  return inputs;
}

// Every seventh row is null.
std::vector<ValueColumn> Columns(size_t rows) {
  std::vector<ValueColumn> columns;
  for (const ExpressionInput& input : Inputs()) {
    ValueColumn& column = columns.emplace_back();
    column.type = input.type;
    column.Resize(rows);
    for (size_t row = 0; row < rows; ++row) {
      if (row % 7 == 6) continue;
      const auto value = static_cast<int64_t>(row % 100);
      column.states[row] = RowState::kValue;
      if (!column.integers.empty()) column.integers[row] = value;
      if (!column.reals.empty()) column.reals[row] = 0.5;
      if (!column.strings.empty()) column.strings[row] = "captured";
    }
  }
  return columns;
}

void Run(benchmark::State& state, const char* text) {
  const auto rows = static_cast<size_t>(state.range(0));
  const auto expression = Expression::Compile(text, Inputs());
  CHECK(expression.ok());
  const std::vector<ValueColumn> columns = Columns(rows);
  std::vector<const ValueColumn*> pointers;
  for (const ValueColumn& column : columns) pointers.push_back(&column);
  Evaluator evaluator(*expression);
  for (auto _ : state) {
    benchmark::DoNotOptimize(&evaluator.Evaluate(pointers, rows));
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

// Ten operations and two conversions.
void BM_Arithmetic(benchmark::State& state) {
  Run(state, "(d * 2.0 + i) * (d - 0.5) / (d + 3.0) - (l + i * 2) * 0.25");
}
BENCHMARK(BM_Arithmetic)->Arg(1)->Arg(100)->Arg(1000);

void BM_Filter(benchmark::State& state) {
  Run(state, "s = 'captured' AND i BETWEEN 1 AND 50 AND l IS NOT NULL");
}
BENCHMARK(BM_Filter)->Arg(1)->Arg(100)->Arg(1000);

void BM_Text(benchmark::State& state) {
  Run(state, "upper(substr(s, 1, 3)) || '-' || i");
}
BENCHMARK(BM_Text)->Arg(1)->Arg(100)->Arg(1000);

void BM_CompileExpression(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(Expression::Compile(
        "s = 'captured' AND i BETWEEN 1 AND 50 AND l IS NOT NULL", Inputs()));
  }
}
BENCHMARK(BM_CompileExpression);

}  // namespace
}  // namespace freshet
