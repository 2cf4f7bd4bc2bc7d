// SPDX-License-Identifier: Apache-2.0
// How a function of values becomes one of columns.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "config/type.h"
#include "features/expressions/functions/string_arena.h"
#include "features/expressions/value_column.h"

namespace freshet {

// One step over columns: the first `rows` rows of `out` from those of `args`.
struct StepCall {
  const ValueColumn* const* args = nullptr;
  size_t arg_count = 0;
  ValueColumn* out = nullptr;
  size_t rows = 0;
  StringArena* arena = nullptr;

  const Type& type() const { return out->type; }
  const Type& arg_type(size_t i) const { return args[i]->type; }
};

// Fills every row of `out`, in whatever state the rows of `args` are.
using Kernel = void (*)(const StepCall& call);

template <typename T, typename Column>
auto* ValuesOf(Column& column) {
  if constexpr (std::is_same_v<T, int64_t>) {
    return column.integers.data();
  } else if constexpr (std::is_same_v<T, double>) {
    return column.reals.data();
  } else {
    static_assert(std::is_same_v<T, std::string_view>);
    return column.strings.data();
  }
}

// A failure before a null, a null before a value.
constexpr RowState Worse(RowState a, RowState b) {
  return static_cast<uint8_t>(a) > static_cast<uint8_t>(b) ? a : b;
}

// The types of F in `RowState F(args..., Out& out)`, or in `RowState F(const
// StepCall&, args..., Out& out)` for one that needs the arena or a column's
// type.
template <typename F>
struct ScalarTraits;
template <typename... Ts>
struct ScalarTraits<RowState (*)(Ts...)> {
  static constexpr bool kTakesCall = false;
  static constexpr size_t kArgs = sizeof...(Ts) - 1;
  using All = std::tuple<std::remove_reference_t<Ts>...>;
  using Out = std::tuple_element_t<kArgs, All>;
  template <size_t I>
  using Arg = std::tuple_element_t<I, All>;
};

template <typename... Ts>
struct ScalarTraits<RowState (*)(const StepCall&, Ts...)>
    : ScalarTraits<RowState (*)(Ts...)> {
  static constexpr bool kTakesCall = true;
};

template <auto F, typename... Ts>
RowState Apply(const StepCall& call, Ts&&... ts) {
  if constexpr (ScalarTraits<decltype(F)>::kTakesCall) {
    return F(call, std::forward<Ts>(ts)...);
  } else {
    return F(std::forward<Ts>(ts)...);
  }
}

template <auto F, size_t... I>
void StrictRows(const StepCall& call, std::index_sequence<I...>) {
  using Traits = ScalarTraits<decltype(F)>;
  using Out = typename Traits::Out;
  const size_t rows = call.rows;
  const std::array<const RowState*, Traits::kArgs> states = {
      call.args[I]->states.data()...};
  const std::tuple values = {
      ValuesOf<typename Traits::template Arg<I>>(*call.args[I])...};
  RowState* const out_states = call.out->states.data();
  Out* const out = ValuesOf<Out>(*call.out);
  for (size_t row = 0; row < rows; ++row) {
    RowState state = states[0][row];
    ((state = Worse(state, states[I][row])), ...);
    if (state == RowState::kValue) {
      Out result{};
      state = Apply<F>(call, std::get<I>(values)[row]..., result);
      out[row] = result;
    }
    out_states[row] = state;
  }
}

// As StrictRows, for an F that takes whatever lies in a row without a value and
// is cheaper than a branch.
template <auto F, size_t... I>
void TotalRows(const StepCall& call, std::index_sequence<I...>) {
  using Traits = ScalarTraits<decltype(F)>;
  using Out = typename Traits::Out;
  const size_t rows = call.rows;
  const std::array<const RowState*, Traits::kArgs> states = {
      call.args[I]->states.data()...};
  const std::tuple values = {
      ValuesOf<typename Traits::template Arg<I>>(*call.args[I])...};
  RowState* const out_states = call.out->states.data();
  Out* const out = ValuesOf<Out>(*call.out);
  for (size_t row = 0; row < rows; ++row) {
    Out result{};
    RowState state = Apply<F>(call, std::get<I>(values)[row]..., result);
    const RowState own = state;
    state = states[0][row];
    ((state = Worse(state, states[I][row])), ...);
    out_states[row] = state == RowState::kValue ? own : state;
    out[row] = result;
  }
}

// The kernel of a function of values: null where an argument is null, a failure
// where one is a failure, else what F says.
template <auto F>
void Strict(const StepCall& call) {
  StrictRows<F>(call,
                std::make_index_sequence<ScalarTraits<decltype(F)>::kArgs>());
}

template <auto F>
void Total(const StepCall& call) {
  TotalRows<F>(call,
               std::make_index_sequence<ScalarTraits<decltype(F)>::kArgs>());
}

// Puts what a kernel of any number of arguments found for a row in its place.
template <typename T>
void CopyRow(const ValueColumn& from, size_t row, ValueColumn& to) {
  to.states[row] = from.states[row];
  ValuesOf<T>(to)[row] = ValuesOf<T>(from)[row];
}

}  // namespace freshet
