// SPDX-License-Identifier: Apache-2.0
#include "features/expressions/functions/cast.h"

#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "config/timestamp.h"
#include "features/expressions/functions/number_text.h"
#include "features/expressions/functions/numbers.h"

namespace freshet {
namespace {

using Text = std::string_view;

constexpr auto kValue = RowState::kValue;
constexpr auto kBadInput = RowState::kBadInput;

template <typename Int>
RowState Fit(int64_t value) {
  return FitState<Int>(value) == kValue ? kValue : kBadInput;
}

RowState FitDigits(int64_t unscaled, const Type& type) {
  return DigitsState(unscaled, type.precision) == kValue ? kValue : kBadInput;
}

// To integers.

template <typename Int>
RowState IntegerToInteger(int64_t a, int64_t& out) {
  out = a;
  return Fit<Int>(a);
}

// Half to even.
template <typename Int>
RowState RealToInteger(double a, int64_t& out) {
  const double whole = std::nearbyint(a);
  constexpr auto kLeast = static_cast<double>(std::numeric_limits<Int>::min());
  // Also refuses NaN. The largest int64 is no double, what comes after it is.
  if (!(whole >= kLeast && whole < -kLeast)) return kBadInput;
  out = static_cast<int64_t>(whole);
  return kValue;
}

template <typename Int>
RowState DecimalToInteger(const StepCall& call, int64_t a, int64_t& out) {
  out = DivideRounded(a, call.arg_type(0).scale);
  return Fit<Int>(out);
}

template <typename Int>
RowState TextToInteger(Text a, int64_t& out) {
  const auto value = ParseUnscaled(a, 0);
  if (!value.has_value()) return kBadInput;
  out = *value;
  return Fit<Int>(out);
}

// To bool.

RowState IntegerToBool(int64_t a, int64_t& out) {
  out = a != 0 ? 1 : 0;
  return kValue;
}

RowState RealToBool(double a, int64_t& out) {
  out = a != 0 ? 1 : 0;
  return kValue;
}

bool IsOneOf(Text text, std::initializer_list<Text> lower_words) {
  for (const Text word : lower_words) {
    if (word.size() != text.size()) continue;
    size_t i = 0;
    while (i < word.size() &&
           (text[i] == word[i] || (text[i] | 0x20) == word[i])) {
      ++i;
    }
    if (i == word.size()) return true;
  }
  return false;
}

RowState TextToBool(Text a, int64_t& out) {
  out = IsOneOf(a, {"true", "t", "yes", "y"}) || a == "1" ? 1 : 0;
  const bool no = IsOneOf(a, {"false", "f", "no", "n"}) || a == "0";
  return out != 0 || no ? kValue : kBadInput;
}

// To float and double.

template <typename Real>
RowState IntegerToReal(int64_t a, double& out) {
  out = static_cast<double>(static_cast<Real>(a));
  return kValue;
}

RowState FloatToDouble(double a, double& out) {
  out = a;
  return kValue;
}

RowState DoubleToFloat(double a, double& out) {
  const auto narrow = static_cast<float>(a);
  out = static_cast<double>(narrow);
  return std::isinf(narrow) && !std::isinf(a) ? kBadInput : kValue;
}

// The double nearest to `a` / 10^scale.
double Quotient(int64_t a, uint8_t scale) {
  constexpr int64_t kExact = int64_t{1} << std::numeric_limits<double>::digits;
  const int64_t unit = kPowersOfTen[scale];
  if (scale == 0 || (a >= -kExact && a <= kExact)) {
    return static_cast<double>(a) / static_cast<double>(unit);
  }
  // 55 to 63 bits of the quotient, the last of which says whether there is a
  // rest: with them it is rounded once, in the conversion.
  const auto shift =
      static_cast<int>(std::bit_width(static_cast<uint64_t>(unit))) + 2;
  const auto digits = static_cast<unsigned __int128>(a < 0 ? -a : a) << shift;
  const auto quotient =
      static_cast<uint64_t>(digits / static_cast<uint64_t>(unit));
  const uint64_t rest = digits % static_cast<uint64_t>(unit) == 0 ? 0 : 1;
  const double nearest =
      std::ldexp(static_cast<double>(quotient | rest), -shift);
  return a < 0 ? -nearest : nearest;
}

template <typename Real>
RowState DecimalToReal(const StepCall& call, int64_t a, double& out) {
  const double nearest = Quotient(a, call.arg_type(0).scale);
  out = static_cast<double>(static_cast<Real>(nearest));
  return kValue;
}

template <typename Real>
RowState TextToReal(Text a, double& out) {
  const auto value = ParseReal<Real>(a);
  if (!value.has_value()) return kBadInput;
  out = *value;
  return kValue;
}

// To decimal.

RowState IntegerToDecimal(const StepCall& call, int64_t a, int64_t& out) {
  if (__builtin_mul_overflow(a, kPowersOfTen[call.type().scale], &out)) {
    return kBadInput;
  }
  return FitDigits(out, call.type());
}

RowState RealToDecimal(const StepCall& call, double a, int64_t& out) {
  const double units =
      std::round(a * static_cast<double>(kPowersOfTen[call.type().scale]));
  const auto limit = static_cast<double>(kPowersOfTen[call.type().precision]);
  if (!(units > -limit && units < limit)) return kBadInput;
  out = static_cast<int64_t>(units);
  return kValue;
}

RowState DecimalToDecimal(const StepCall& call, int64_t a, int64_t& out) {
  const int more = call.type().scale - call.arg_type(0).scale;
  if (more <= 0) {
    out = DivideRounded(a, -more);
  } else if (__builtin_mul_overflow(a, kPowersOfTen[more], &out)) {
    return kBadInput;
  }
  return FitDigits(out, call.type());
}

RowState TextToDecimal(const StepCall& call, Text a, int64_t& out) {
  const auto value = ParseUnscaled(a, call.type().scale);
  if (!value.has_value()) return kBadInput;
  out = *value;
  return FitDigits(out, call.type());
}

// To timestamp.

// A date, or a date and a time with an offset or without one, which is UTC.
RowState TextToTimestamp(Text a, int64_t& out) {
  constexpr size_t kDateBytes = 10;
  constexpr size_t kBytesMax = 40;
  if (a.size() < kDateBytes || a.size() > kBytesMax) return kBadInput;
  std::string text(a);
  if (a.size() == kDateBytes) text += "T00:00:00";
  const bool has_zone = text.find_first_of("Zz+-", kDateBytes) != text.npos;
  if (!has_zone) text += 'Z';
  const auto micros = ParseTimestamp(text);
  if (!micros.ok()) return kBadInput;
  out = *micros;
  return TimestampState(out);
}

// To string.

Text Kept(const StepCall& call, Text text) {
  char* bytes = call.arena->Allocate(text.size());
  text.copy(bytes, text.size());
  return {bytes, text.size()};
}

template <typename Write>
RowState Written(const StepCall& call, Text& out, Write write) {
  std::array<char, kNumberBytesMax> bytes;
  char* end = write(bytes.data());
  out = Kept(call, {bytes.data(), static_cast<size_t>(end - bytes.data())});
  return kValue;
}

RowState BoolToText(int64_t a, Text& out) {
  out = a != 0 ? "true" : "false";
  return kValue;
}

RowState IntegerToText(const StepCall& call, int64_t a, Text& out) {
  return Written(call, out, [a](char* to) { return WriteInteger(a, to); });
}

template <typename Real>
RowState RealToText(const StepCall& call, double a, Text& out) {
  const auto value = static_cast<Real>(a);
  return Written(call, out, [value](char* to) { return WriteReal(value, to); });
}

RowState DecimalToText(const StepCall& call, int64_t a, Text& out) {
  const Type& type = call.arg_type(0);
  return Written(call, out,
                 [&](char* to) { return WriteDecimal(a, type, to); });
}

RowState TimestampToText(const StepCall& call, int64_t a, Text& out) {
  std::string text = FormatTimestamp(a);
  text.pop_back();  // Z
  text[text.find('T')] = ' ';
  out = Kept(call, Text(text).substr(text.starts_with('+') ? 1 : 0));
  return kValue;
}

// F, null where it fails.
template <auto F>
RowState OrNull(const StepCall& call,
                typename ScalarTraits<decltype(F)>::template Arg<0> a,
                typename ScalarTraits<decltype(F)>::Out& out) {
  const RowState state = Apply<F>(call, a, out);
  return IsFailure(state) ? RowState::kNull : state;
}

template <auto F>
constexpr CastKernels Casts() {
  return {Strict<F>, Strict<OrNull<F>>};
}

template <typename Int>
CastKernels ToInteger(Kind from) {
  switch (from) {
    case Kind::kBool:
    case Kind::kInt32:
    case Kind::kInt64:
      return Casts<IntegerToInteger<Int>>();
    case Kind::kFloat:
    case Kind::kDouble:
      return Casts<RealToInteger<Int>>();
    case Kind::kDecimal:
      return Casts<DecimalToInteger<Int>>();
    case Kind::kString:
      return Casts<TextToInteger<Int>>();
    default:
      return {};
  }
}

CastKernels ToBool(Kind from) {
  switch (from) {
    case Kind::kInt32:
    case Kind::kInt64:
    case Kind::kDecimal:
      return Casts<IntegerToBool>();
    case Kind::kFloat:
    case Kind::kDouble:
      return Casts<RealToBool>();
    case Kind::kString:
      return Casts<TextToBool>();
    default:
      return {};
  }
}

template <typename Real>
CastKernels ToReal(Kind from) {
  switch (from) {
    case Kind::kBool:
    case Kind::kInt32:
    case Kind::kInt64:
      return Casts<IntegerToReal<Real>>();
    case Kind::kFloat:
      return Casts<FloatToDouble>();
    case Kind::kDouble:
      return Casts<DoubleToFloat>();
    case Kind::kDecimal:
      return Casts<DecimalToReal<Real>>();
    case Kind::kString:
      return Casts<TextToReal<Real>>();
    default:
      return {};
  }
}

CastKernels ToDecimal(Kind from) {
  switch (from) {
    case Kind::kBool:
    case Kind::kInt32:
    case Kind::kInt64:
      return Casts<IntegerToDecimal>();
    case Kind::kFloat:
    case Kind::kDouble:
      return Casts<RealToDecimal>();
    case Kind::kDecimal:
      return Casts<DecimalToDecimal>();
    case Kind::kString:
      return Casts<TextToDecimal>();
    default:
      return {};
  }
}

CastKernels ToText(Kind from) {
  switch (from) {
    case Kind::kBool:
      return Casts<BoolToText>();
    case Kind::kInt32:
    case Kind::kInt64:
      return Casts<IntegerToText>();
    case Kind::kFloat:
      return Casts<RealToText<float>>();
    case Kind::kDouble:
      return Casts<RealToText<double>>();
    case Kind::kDecimal:
      return Casts<DecimalToText>();
    case Kind::kTimestamp:
      return Casts<TimestampToText>();
    default:
      return {};
  }
}

}  // namespace

CastKernels CastsOf(Kind from, Kind to) {
  switch (to) {
    case Kind::kBool:
      return ToBool(from);
    case Kind::kInt32:
      return ToInteger<int32_t>(from);
    case Kind::kInt64:
      return ToInteger<int64_t>(from);
    case Kind::kFloat:
      return ToReal<float>(from);
    case Kind::kDouble:
      return ToReal<double>(from);
    case Kind::kDecimal:
      return ToDecimal(from);
    case Kind::kString:
      return ToText(from);
    case Kind::kTimestamp:
      return from == Kind::kString ? Casts<TextToTimestamp>() : CastKernels();
    case Kind::kBytes:
      return {};
  }
  return {};
}

}  // namespace freshet
