// SPDX-License-Identifier: Apache-2.0
// The text of an expression, over a column of each kind with rows at the ends
// of its range. Whatever the text, it compiles or says where it does not; what
// compiles answers, and a row alone as it does among others.
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "features/expressions/expression.h"
#include "features/expressions/expression_error.h"

namespace {

using freshet::Kind;
using freshet::RowState;
using freshet::Storage;
using freshet::ValueColumn;

constexpr size_t kRows = 4;

struct Columns {
  std::vector<freshet::ExpressionInput> inputs;
  std::vector<ValueColumn> values;
};

void Fill(ValueColumn& column) {
  const int64_t small = column.type.kind == Kind::kBool ? 1 : 7;
  constexpr auto kInt32Min = std::numeric_limits<int32_t>::min();
  column.Resize(kRows);  // The last row stays null.
  for (size_t row = 0; row + 1 < kRows; ++row) {
    column.states[row] = RowState::kValue;
    switch (freshet::StorageOf(column.type.kind)) {
      case Storage::kIntegers:
        column.integers[row] = row == 0 ? 0 : small;
        if (column.type.kind == Kind::kInt32 && row == 2) {
          column.integers[row] = kInt32Min;
        }
        break;
      case Storage::kReals:
        column.reals[row] = row == 0 ? -0.0 : row == 1 ? 1.5 : std::nan("");
        break;
      case Storage::kStrings:
        column.strings[row] = row == 0 ? "" : row == 1 ? "12.5" : "h\xC3\xA9%";
        break;
    }
  }
}

const Columns& AllColumns() {
  static const Columns columns = [] {
    Columns made;
    const auto add = [&made](const char* name, freshet::Type type) {
      made.inputs.push_back({name, type});
      ValueColumn column;
      column.type = type;
      Fill(column);
      made.values.push_back(std::move(column));
    };
    add("b", {.kind = Kind::kBool});
    add("i", {.kind = Kind::kInt32});
    add("l", {.kind = Kind::kInt64});
    add("f", {.kind = Kind::kFloat});
    add("d", {.kind = Kind::kDouble});
    add("m", {.kind = Kind::kDecimal, .precision = 9, .scale = 2});
    add("s", {.kind = Kind::kString});
    add("y", {.kind = Kind::kBytes});
    add("t.t", {.kind = Kind::kTimestamp});
    return made;
  }();
  return columns;
}

bool SameRow(const ValueColumn& a, size_t row_a, const ValueColumn& b,
             size_t row_b) {
  if (a.states[row_a] != b.states[row_b]) return false;
  if (a.states[row_a] != RowState::kValue) return true;
  switch (freshet::StorageOf(a.type.kind)) {
    case Storage::kIntegers:
      return a.integers[row_a] == b.integers[row_b];
    case Storage::kReals:
      return std::bit_cast<uint64_t>(a.reals[row_a]) ==
             std::bit_cast<uint64_t>(b.reals[row_b]);
    case Storage::kStrings:
      return a.strings[row_a] == b.strings[row_b];
  }
  return false;
}

// The row of each column, as a column of one.
std::vector<ValueColumn> Alone(const std::vector<ValueColumn>& columns,
                               size_t row) {
  std::vector<ValueColumn> one(columns.size());
  for (size_t i = 0; i < columns.size(); ++i) {
    one[i].type = columns[i].type;
    one[i].Resize(1);
    one[i].states[0] = columns[i].states[row];
    if (!one[i].integers.empty()) one[i].integers[0] = columns[i].integers[row];
    if (!one[i].reals.empty()) one[i].reals[0] = columns[i].reals[row];
    if (!one[i].strings.empty()) one[i].strings[0] = columns[i].strings[row];
  }
  return one;
}

std::vector<const ValueColumn*> Pointers(const std::vector<ValueColumn>& of) {
  std::vector<const ValueColumn*> pointers;
  for (const ValueColumn& column : of) pointers.push_back(&column);
  return pointers;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const Columns& columns = AllColumns();
  const auto expression = freshet::Expression::Compile(text, columns.inputs);
  if (!expression.ok()) {
    const auto error = freshet::ExpressionErrorOf(expression.status());
    CHECK(error.offset <= text.size() && !error.message.empty());
    return 0;
  }
  freshet::Evaluator together(*expression);
  freshet::Evaluator alone(*expression);
  const ValueColumn& all = together.Evaluate(Pointers(columns.values), kRows);
  for (size_t row = 0; row < kRows; ++row) {
    const std::vector<ValueColumn> one = Alone(columns.values, row);
    CHECK(SameRow(all, row, alone.Evaluate(Pointers(one), 1), 0));
  }
  return 0;
}
