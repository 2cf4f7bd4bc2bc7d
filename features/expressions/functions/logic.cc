// SPDX-License-Identifier: Apache-2.0
// Truth values, and what chooses among values. A failure in what is not chosen
// is none.
#include "base/check.h"
#include "features/expressions/functions/kernels.h"

namespace freshet {
namespace {

constexpr auto kValue = RowState::kValue;
constexpr auto kNull = RowState::kNull;

bool IsBool(const ValueColumn& column, size_t row, bool wanted) {
  return column.states[row] == kValue && (column.integers[row] != 0) == wanted;
}

// AND for kDecisive false, OR for true: what is decisive decides even beside a
// null, and on the left even beside a failure.
template <bool kDecisive>
void Join(const StepCall& call) {
  const ValueColumn& left = *call.args[0];
  const ValueColumn& right = *call.args[1];
  for (size_t row = 0; row < call.rows; ++row) {
    const bool decided =
        IsBool(left, row, kDecisive) ||
        (!IsFailure(left.states[row]) && IsBool(right, row, kDecisive));
    call.out->states[row] =
        decided ? kValue : Worse(left.states[row], right.states[row]);
    call.out->integers[row] = decided == kDecisive ? 1 : 0;
  }
}

RowState Not(int64_t a, int64_t& out) {
  out = a == 0 ? 1 : 0;
  return kValue;
}

// Null is neither true nor false.
template <bool kWanted>
void Is(const StepCall& call) {
  const ValueColumn& value = *call.args[0];
  for (size_t row = 0; row < call.rows; ++row) {
    const RowState state = value.states[row];
    call.out->states[row] = IsFailure(state) ? state : kValue;
    call.out->integers[row] = IsBool(value, row, kWanted) ? 1 : 0;
  }
}

void IsNull(const StepCall& call) {
  for (size_t row = 0; row < call.rows; ++row) {
    const RowState state = call.args[0]->states[row];
    call.out->states[row] = IsFailure(state) ? state : kValue;
    call.out->integers[row] = state == kNull ? 1 : 0;
  }
}

template <typename T>
void Coalesce(const StepCall& call) {
  for (size_t row = 0; row < call.rows; ++row) {
    size_t i = 0;
    while (i + 1 < call.arg_count && call.args[i]->states[row] == kNull) ++i;
    CopyRow<T>(*call.args[i], row, *call.out);
  }
}

template <typename T>
void Case(const StepCall& call) {
  for (size_t row = 0; row < call.rows; ++row) {
    size_t i = 0;
    RowState failure = kValue;
    while (i + 1 < call.arg_count && !IsBool(*call.args[i], row, true)) {
      if (IsFailure(call.args[i]->states[row])) {
        failure = call.args[i]->states[row];
        break;
      }
      i += 2;
    }
    if (failure != kValue) {
      call.out->states[row] = failure;
    } else {
      const size_t chosen = i + 1 < call.arg_count ? i + 1 : i;
      CopyRow<T>(*call.args[chosen], row, *call.out);
    }
  }
}

constexpr Function kFunctions[] = {
    {"AND", "bb", 'b', Join<false>},
    {"OR", "bb", 'b', Join<true>},
    {"NOT", "b", 'b', Total<Not>},
    {"IS TRUE", "b", 'b', Is<true>},
    {"IS FALSE", "b", 'b', Is<false>},
    {"IS NULL", "T", 'b', IsNull, IsNull, IsNull},
    {"coalesce", "T*", 'T', Coalesce<int64_t>, Coalesce<double>,
     Coalesce<std::string_view>},
};

}  // namespace

std::span<const Function> LogicFunctions() { return kFunctions; }

Kernel CaseKernel(Kind kind) {
  switch (StorageOf(kind)) {
    case Storage::kIntegers:
      return Case<int64_t>;
    case Storage::kReals:
      return Case<double>;
    case Storage::kStrings:
      return Case<std::string_view>;
  }
  CHECK(false && "no such storage");
  return nullptr;
}

}  // namespace freshet
