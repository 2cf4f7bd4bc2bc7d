// SPDX-License-Identifier: Apache-2.0
// Comparisons: of all types, by the rules of numbers.h.
#include "features/expressions/functions/kernels.h"
#include "features/expressions/functions/numbers.h"

namespace freshet {
namespace {

struct IsEqual {
  template <typename T>
  static bool Holds(const T& a, const T& b) {
    return Equal(a, b);
  }
};
struct IsNotEqual {
  template <typename T>
  static bool Holds(const T& a, const T& b) {
    return !Equal(a, b);
  }
};
struct IsLess {
  template <typename T>
  static bool Holds(const T& a, const T& b) {
    return Less(a, b);
  }
};
struct IsAtMost {
  template <typename T>
  static bool Holds(const T& a, const T& b) {
    return !Less(b, a);
  }
};
struct IsGreater {
  template <typename T>
  static bool Holds(const T& a, const T& b) {
    return Less(b, a);
  }
};
struct IsAtLeast {
  template <typename T>
  static bool Holds(const T& a, const T& b) {
    return !Less(a, b);
  }
};

template <typename Op, typename T>
RowState Holds(T a, T b, int64_t& out) {
  out = Op::Holds(a, b) ? 1 : 0;
  return RowState::kValue;
}

// Nulls are alike, and like no value.
template <typename T>
void Distinct(const StepCall& call) {
  const ValueColumn& a = *call.args[0];
  const ValueColumn& b = *call.args[1];
  for (size_t row = 0; row < call.rows; ++row) {
    const RowState worse = Worse(a.states[row], b.states[row]);
    call.out->states[row] = IsFailure(worse) ? worse : RowState::kValue;
    call.out->integers[row] =
        worse == RowState::kNull
            ? a.states[row] != b.states[row]
            : worse == RowState::kValue &&
                  !Equal(ValuesOf<T>(a)[row], ValuesOf<T>(b)[row]);
  }
}

// What a AND b are of two comparisons, each of which may be null.
void SetAnd(ValueColumn& out, size_t row, RowState state, bool refuted) {
  out.states[row] =
      refuted && state == RowState::kNull ? RowState::kValue : state;
  out.integers[row] = refuted ? 0 : 1;
}

template <typename T>
void Between(const StepCall& call) {
  const ValueColumn& value = *call.args[0];
  const ValueColumn& low = *call.args[1];
  const ValueColumn& high = *call.args[2];
  for (size_t row = 0; row < call.rows; ++row) {
    const RowState above = Worse(value.states[row], low.states[row]);
    const RowState below = Worse(value.states[row], high.states[row]);
    const T* const values = ValuesOf<T>(value);
    const bool refuted = (above == RowState::kValue &&
                          Less(values[row], ValuesOf<T>(low)[row])) ||
                         (below == RowState::kValue &&
                          Less(ValuesOf<T>(high)[row], values[row]));
    SetAnd(*call.out, row, Worse(above, below), refuted);
  }
}

// The state of `value IN (…)` at a row.
template <typename T>
RowState FindIn(const StepCall& call, size_t row, int64_t& found) {
  const ValueColumn& value = *call.args[0];
  RowState state = value.states[row];
  for (size_t i = 1; i < call.arg_count; ++i) {
    const ValueColumn& other = *call.args[i];
    const RowState each = Worse(value.states[row], other.states[row]);
    state = Worse(state, each);
    if (each == RowState::kValue &&
        Equal(ValuesOf<T>(value)[row], ValuesOf<T>(other)[row])) {
      found = 1;
    }
  }
  return found != 0 && state == RowState::kNull ? RowState::kValue : state;
}

template <typename T>
void In(const StepCall& call) {
  for (size_t row = 0; row < call.rows; ++row) {
    int64_t found = 0;
    call.out->states[row] = FindIn<T>(call, row, found);
    call.out->integers[row] = found;
  }
}

// The argument that is the greatest, or least, of those that are not null.
template <typename T, bool kGreatest>
size_t Extreme(const StepCall& call, size_t row) {
  size_t best = 0;
  for (size_t i = 0; i < call.arg_count; ++i) {
    const RowState state = call.args[i]->states[row];
    if (IsFailure(state)) return i;
    if (state == RowState::kNull) continue;
    const T& value = ValuesOf<T>(*call.args[i])[row];
    const T& champion = ValuesOf<T>(*call.args[best])[row];
    const bool first = call.args[best]->states[row] == RowState::kNull;
    if (first || (kGreatest ? Less(champion, value) : Less(value, champion))) {
      best = i;
    }
  }
  return best;
}

template <typename T, bool kGreatest>
void PickExtreme(const StepCall& call) {
  for (size_t row = 0; row < call.rows; ++row) {
    const size_t best = Extreme<T, kGreatest>(call, row);
    CopyRow<T>(*call.args[best], row, *call.out);
  }
}

using Text = std::string_view;

template <typename Op>
constexpr Function Comparison(std::string_view name) {
  return {name,
          "TT",
          'b',
          Total<Holds<Op, int64_t>>,
          Total<Holds<Op, double>>,
          Strict<Holds<Op, Text>>};
}

constexpr Function kFunctions[] = {
    Comparison<IsEqual>("="),
    Comparison<IsNotEqual>("<>"),
    Comparison<IsLess>("<"),
    Comparison<IsAtMost>("<="),
    Comparison<IsGreater>(">"),
    Comparison<IsAtLeast>(">="),
    {"IS DISTINCT FROM", "TT", 'b', Distinct<int64_t>, Distinct<double>,
     Distinct<Text>},
    {"BETWEEN", "TTT", 'b', Between<int64_t>, Between<double>, Between<Text>},
    {"IN", "TT*", 'b', In<int64_t>, In<double>, In<Text>},
    {"greatest", "T*", 'T', PickExtreme<int64_t, true>,
     PickExtreme<double, true>, PickExtreme<Text, true>},
    {"least", "T*", 'T', PickExtreme<int64_t, false>,
     PickExtreme<double, false>, PickExtreme<Text, false>},
};

}  // namespace

std::span<const Function> ComparisonFunctions() { return kFunctions; }

}  // namespace freshet
