// SPDX-License-Identifier: Apache-2.0
// The operators of numbers.
#include <cmath>

#include "features/expressions/functions/kernels.h"
#include "features/expressions/functions/numbers.h"
#include "features/expressions/syntax/syntax.h"

namespace freshet {
namespace {

constexpr auto kValue = RowState::kValue;

// Of a float's operands, the double's result rounds to the float's.
template <typename Real>
double Rounded(double value) {
  return static_cast<double>(static_cast<Real>(value));
}

struct Plus {
  static bool Checked(int64_t a, int64_t b, int64_t* out) {
    return __builtin_add_overflow(a, b, out);
  }
  static double Of(double a, double b) { return a + b; }
};
struct Minus {
  static bool Checked(int64_t a, int64_t b, int64_t* out) {
    return __builtin_sub_overflow(a, b, out);
  }
  static double Of(double a, double b) { return a - b; }
};
struct Times {
  static bool Checked(int64_t a, int64_t b, int64_t* out) {
    return __builtin_mul_overflow(a, b, out);
  }
  static double Of(double a, double b) { return a * b; }
};

template <typename Op, typename Int>
RowState Integers(int64_t a, int64_t b, int64_t& out) {
  const bool overflow = Op::Checked(a, b, &out);
  return overflow ? RowState::kOverflow : FitState<Int>(out);
}

template <typename Op>
RowState Decimals(const StepCall& call, int64_t a, int64_t b, int64_t& out) {
  const bool overflow = Op::Checked(a, b, &out);
  return overflow ? RowState::kOverflow
                  : DigitsState(out, call.type().precision);
}

template <typename Op, typename Real>
RowState Reals(double a, double b, double& out) {
  out = Rounded<Real>(Op::Of(a, b));
  return kValue;
}

template <typename Real>
RowState Divide(double a, double b, double& out) {
  if (b == 0) return RowState::kNull;
  out = Rounded<Real>(a / b);
  return kValue;
}

template <typename Real>
RowState RealRemainder(double a, double b, double& out) {
  if (b == 0) return RowState::kNull;
  out = std::fmod(a, b);
  return kValue;
}

template <typename Int>
RowState DivideWhole(int64_t a, int64_t b, int64_t& out) {
  if (b == 0) return RowState::kNull;
  if (b == -1) return Integers<Minus, Int>(0, a, out);
  out = a / b;
  return kValue;
}

// As a // b, the smallest number by -1 is an overflow, although it leaves 0.
template <typename Int>
RowState Remainder(int64_t a, int64_t b, int64_t& out) {
  if (b == 0) return RowState::kNull;
  if (b == -1) {
    const RowState state = Integers<Minus, Int>(0, a, out);
    out = 0;
    return state;
  }
  out = a % b;
  return kValue;
}

template <typename Int>
RowState NegateInteger(int64_t a, int64_t& out) {
  return Integers<Minus, Int>(0, a, out);
}

RowState NegateDecimal(const StepCall& call, int64_t a, int64_t& out) {
  return Decimals<Minus>(call, 0, a, out);
}

RowState NegateReal(double a, double& out) {
  out = -a;
  return kValue;
}

constexpr Function kFunctions[] = {
    {"+", "ii", 'i', Total<Integers<Plus, int32_t>>},
    {"+", "ll", 'l', Total<Integers<Plus, int64_t>>},
    {"+", "mm", 'm', Total<Decimals<Plus>>},
    {"+", "ff", 'f', Total<Reals<Plus, float>>},
    {"+", "dd", 'd', Total<Reals<Plus, double>>},
    {"-", "ii", 'i', Total<Integers<Minus, int32_t>>},
    {"-", "ll", 'l', Total<Integers<Minus, int64_t>>},
    {"-", "mm", 'm', Total<Decimals<Minus>>},
    {"-", "ff", 'f', Total<Reals<Minus, float>>},
    {"-", "dd", 'd', Total<Reals<Minus, double>>},
    {"*", "ii", 'i', Total<Integers<Times, int32_t>>},
    {"*", "ll", 'l', Total<Integers<Times, int64_t>>},
    {"*", "dd", 'd', Total<Reals<Times, double>>},
    {"*", "ff", 'f', Total<Reals<Times, float>>},
    {"/", "dd", 'd', Total<Divide<double>>},
    {"/", "ff", 'f', Total<Divide<float>>},
    {"//", "ii", 'i', Strict<DivideWhole<int32_t>>},
    {"//", "ll", 'l', Strict<DivideWhole<int64_t>>},
    {"%", "ii", 'i', Strict<Remainder<int32_t>>},
    {"%", "ll", 'l', Strict<Remainder<int64_t>>},
    {"%", "dd", 'd', Strict<RealRemainder<double>>},
    {"%", "ff", 'f', Strict<RealRemainder<float>>},
    {kNegate, "i", 'i', Strict<NegateInteger<int32_t>>},
    {kNegate, "l", 'l', Strict<NegateInteger<int64_t>>},
    {kNegate, "m", 'm', Strict<NegateDecimal>},
    {kNegate, "f", 'f', Strict<NegateReal>},
    {kNegate, "d", 'd', Strict<NegateReal>},
};

}  // namespace

std::span<const Function> ArithmeticFunctions() { return kFunctions; }

}  // namespace freshet
