// SPDX-License-Identifier: Apache-2.0
// The functions of numbers.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "features/expressions/functions/kernels.h"
#include "features/expressions/functions/numbers.h"

namespace freshet {
namespace {

constexpr auto kValue = RowState::kValue;
constexpr auto kBadInput = RowState::kBadInput;

template <typename Int>
RowState AbsInteger(const StepCall&, int64_t a, int64_t& out) {
  if (a == std::numeric_limits<Int>::min()) return RowState::kOverflow;
  out = a < 0 ? -a : a;
  return kValue;
}

RowState SignInteger(const StepCall&, int64_t a, int64_t& out) {
  out = (a > 0) - (a < 0);
  return kValue;
}

// 0 for NaN.
RowState SignReal(const StepCall&, double a, int64_t& out) {
  out = (a > 0) - (a < 0);
  return kValue;
}

// A function of the C library that takes every number.
template <double (*Of)(double)>
RowState Apply(const StepCall&, double a, double& out) {
  out = Of(a);
  return kValue;
}

// std's functions are overloaded and may not be named.
double Abs(double a) { return std::fabs(a); }
double Floor(double a) { return std::floor(a); }
double Ceil(double a) { return std::ceil(a); }
double Trunc(double a) { return std::trunc(a); }
double Round(double a) { return std::round(a); }
double Exp(double a) { return std::exp(a); }
double Ln(double a) { return std::log(a); }
double Log10(double a) { return std::log10(a); }
double Log2(double a) { return std::log2(a); }

RowState Same(const StepCall&, int64_t a, int64_t& out) {
  out = a;
  return kValue;
}

template <typename Real>
RowState RoundRealTo(const StepCall&, double a, int64_t digits, double& out) {
  const double unit = std::pow(10.0, static_cast<double>(std::abs(digits)));
  if (digits < 0) {
    out = std::round(a / unit) * unit;
    // The unit is infinite, and all that is finite is nothing beside it.
    if (!std::isfinite(out) && std::isfinite(a)) out = 0;
  } else {
    out = std::round(a * unit) / unit;
    if (!std::isfinite(out)) out = a;
  }
  out = static_cast<double>(static_cast<Real>(out));
  return kValue;
}

template <typename Int>
RowState RoundIntegerTo(const StepCall&, int64_t a, int64_t digits,
                        int64_t& out) {
  out = a;
  if (digits >= 0) return kValue;
  out = 0;
  if (digits < -kDecimalDigitsMax) return kValue;
  const auto places = static_cast<int>(-digits);
  const int64_t units = DivideRounded(a, places);
  if (__builtin_mul_overflow(units, kPowersOfTen[places], &out)) {
    return RowState::kOverflow;
  }
  return FitState<Int>(out);
}

RowState Sqrt(const StepCall&, double a, double& out) {
  if (a < 0) return kBadInput;
  out = std::sqrt(a);
  return kValue;
}

template <double (*Of)(double)>
RowState Logarithm(const StepCall&, double a, double& out) {
  if (a <= 0) return kBadInput;
  out = Of(a);
  return kValue;
}

RowState Pow(const StepCall&, double a, double b, double& out) {
  if (a == 0 && b < 0) return kBadInput;
  out = std::pow(a, b);
  return kValue;
}

RowState IsNan(const StepCall&, double a, int64_t& out) {
  out = std::isnan(a) ? 1 : 0;
  return kValue;
}

RowState IsInf(const StepCall&, double a, int64_t& out) {
  out = std::isinf(a) ? 1 : 0;
  return kValue;
}

constexpr Function kFunctions[] = {
    {"abs", "i", 'i', Strict<AbsInteger<int32_t>>},
    {"abs", "l", 'l', Strict<AbsInteger<int64_t>>},
    {"abs", "m", 'm', Strict<AbsInteger<int64_t>>},
    {"abs", "d", 'd', Strict<Apply<Abs>>},
    {"abs", "f", 'f', Strict<Apply<Abs>>},
    {"sign", "i", 'i', Strict<SignInteger>},
    {"sign", "l", 'i', Strict<SignInteger>},
    {"sign", "m", 'i', Strict<SignInteger>},
    {"sign", "d", 'i', Strict<SignReal>},
    {"sign", "f", 'i', Strict<SignReal>},
    {"round", "i", 'i', Strict<Same>},
    {"round", "l", 'l', Strict<Same>},
    {"round", "d", 'd', Strict<Apply<Round>>},
    {"round", "f", 'f', Strict<Apply<Round>>},
    {"round", "ii", 'i', Strict<RoundIntegerTo<int32_t>>},
    {"round", "li", 'l', Strict<RoundIntegerTo<int64_t>>},
    {"round", "di", 'd', Strict<RoundRealTo<double>>},
    {"round", "fi", 'f', Strict<RoundRealTo<float>>},
    {"floor", "d", 'd', Strict<Apply<Floor>>},
    {"floor", "f", 'f', Strict<Apply<Floor>>},
    {"ceil", "d", 'd', Strict<Apply<Ceil>>},
    {"ceil", "f", 'f', Strict<Apply<Ceil>>},
    {"trunc", "i", 'i', Strict<Same>},
    {"trunc", "l", 'l', Strict<Same>},
    {"trunc", "d", 'd', Strict<Apply<Trunc>>},
    {"trunc", "f", 'f', Strict<Apply<Trunc>>},
    {"sqrt", "d", 'd', Strict<Sqrt>},
    {"ln", "d", 'd', Strict<Logarithm<Ln>>},
    {"log10", "d", 'd', Strict<Logarithm<Log10>>},
    {"log2", "d", 'd', Strict<Logarithm<Log2>>},
    {"exp", "d", 'd', Strict<Apply<Exp>>},
    {"pow", "dd", 'd', Strict<Pow>},
    {"isnan", "d", 'b', Strict<IsNan>},
    {"isinf", "d", 'b', Strict<IsInf>},
};

}  // namespace

std::span<const Function> MathFunctions() { return kFunctions; }

}  // namespace freshet
