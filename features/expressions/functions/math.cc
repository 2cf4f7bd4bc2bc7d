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
RowState AbsInteger(int64_t a, int64_t& out) {
  if (a == std::numeric_limits<Int>::min()) return RowState::kOverflow;
  out = a < 0 ? -a : a;
  return kValue;
}

RowState SignInteger(int64_t a, int64_t& out) {
  out = (a > 0) - (a < 0);
  return kValue;
}

// 0 for NaN.
RowState SignReal(double a, int64_t& out) {
  out = (a > 0) - (a < 0);
  return kValue;
}

// A function of the C library that takes every number.
template <double (*Of)(double)>
RowState OfC(double a, double& out) {
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

RowState Same(int64_t a, int64_t& out) {
  out = a;
  return kValue;
}

template <typename Real>
RowState RoundRealTo(double a, int64_t digits, double& out) {
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
RowState RoundIntegerTo(int64_t a, int64_t digits, int64_t& out) {
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

RowState Sqrt(double a, double& out) {
  if (a < 0) return kBadInput;
  out = std::sqrt(a);
  return kValue;
}

template <double (*Of)(double)>
RowState Logarithm(double a, double& out) {
  if (a <= 0) return kBadInput;
  out = Of(a);
  return kValue;
}

RowState Pow(double a, double b, double& out) {
  if (a == 0 && b < 0) return kBadInput;
  out = std::pow(a, b);
  return kValue;
}

RowState IsNan(double a, int64_t& out) {
  out = std::isnan(a) ? 1 : 0;
  return kValue;
}

RowState IsInf(double a, int64_t& out) {
  out = std::isinf(a) ? 1 : 0;
  return kValue;
}

constexpr Function kFunctions[] = {
    {"abs", "i", 'i', Strict<AbsInteger<int32_t>>},
    {"abs", "l", 'l', Strict<AbsInteger<int64_t>>},
    {"abs", "m", 'm', Strict<AbsInteger<int64_t>>},
    {"abs", "d", 'd', Strict<OfC<Abs>>},
    {"abs", "f", 'f', Strict<OfC<Abs>>},
    {"sign", "i", 'i', Strict<SignInteger>},
    {"sign", "l", 'i', Strict<SignInteger>},
    {"sign", "m", 'i', Strict<SignInteger>},
    {"sign", "d", 'i', Strict<SignReal>},
    {"sign", "f", 'i', Strict<SignReal>},
    {"round", "i", 'i', Strict<Same>},
    {"round", "l", 'l', Strict<Same>},
    {"round", "d", 'd', Strict<OfC<Round>>},
    {"round", "f", 'f', Strict<OfC<Round>>},
    {"round", "ii", 'i', Strict<RoundIntegerTo<int32_t>>},
    {"round", "li", 'l', Strict<RoundIntegerTo<int64_t>>},
    {"round", "di", 'd', Strict<RoundRealTo<double>>},
    {"round", "fi", 'f', Strict<RoundRealTo<float>>},
    {"floor", "d", 'd', Strict<OfC<Floor>>},
    {"floor", "f", 'f', Strict<OfC<Floor>>},
    {"ceil", "d", 'd', Strict<OfC<Ceil>>},
    {"ceil", "f", 'f', Strict<OfC<Ceil>>},
    {"trunc", "i", 'i', Strict<Same>},
    {"trunc", "l", 'l', Strict<Same>},
    {"trunc", "d", 'd', Strict<OfC<Trunc>>},
    {"trunc", "f", 'f', Strict<OfC<Trunc>>},
    {"sqrt", "d", 'd', Strict<Sqrt>},
    {"ln", "d", 'd', Strict<Logarithm<Ln>>},
    {"log10", "d", 'd', Strict<Logarithm<Log10>>},
    {"log2", "d", 'd', Strict<Logarithm<Log2>>},
    {"exp", "d", 'd', Strict<OfC<Exp>>},
    {"pow", "dd", 'd', Strict<Pow>},
    {"isnan", "d", 'b', Strict<IsNan>},
    {"isinf", "d", 'b', Strict<IsInf>},
};

}  // namespace

std::span<const Function> MathFunctions() { return kFunctions; }

}  // namespace freshet
