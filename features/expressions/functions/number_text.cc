// SPDX-License-Identifier: Apache-2.0
#include "features/expressions/functions/number_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "features/expressions/functions/numbers.h"

namespace freshet {
namespace {

constexpr std::string_view kSpaces = " \t\n\v\f\r";

bool IsDigits(std::string_view text) {
  return text.find_first_not_of("0123456789") == text.npos;
}

// Takes a sign off the front; whether it was a minus.
bool TakeSign(std::string_view& text) {
  const bool minus = text.starts_with('-');
  if (minus || text.starts_with('+')) text.remove_prefix(1);
  return minus;
}

// A plain or exponential number: its digits, and how many of them stand before
// the point, perhaps less than none or more than there are.
struct Digits {
  bool minus = false;
  std::string_view whole;
  std::string_view fraction;
  int64_t before_point = 0;

  char At(int64_t i) const {
    if (i < 0) return '0';
    auto at = static_cast<size_t>(i);
    if (at < whole.size()) return whole[at];
    at -= whole.size();
    return at < fraction.size() ? fraction[at] : '0';
  }
};

// Takes `e-3` off the end of a number.
std::optional<int64_t> TakeExponent(std::string_view& text) {
  const size_t e = text.find_first_of("eE");
  if (e == text.npos) return 0;
  std::string_view digits = text.substr(e + 1);
  text = text.substr(0, e);
  const bool minus = TakeSign(digits);
  // So many digits say all that can be said of numbers of some 4,000.
  constexpr size_t kDigitsMax = 5;
  int64_t exponent = 0;
  const char* end = digits.data() + digits.size();
  if (digits.empty() || digits.size() > kDigitsMax || !IsDigits(digits) ||
      std::from_chars(digits.data(), end, exponent).ptr != end) {
    return std::nullopt;
  }
  return minus ? -exponent : exponent;
}

std::optional<Digits> ParseDigits(std::string_view text) {
  Digits digits;
  digits.minus = TakeSign(text);
  const auto exponent = TakeExponent(text);
  const size_t point = std::min(text.find('.'), text.size());
  digits.whole = text.substr(0, point);
  digits.fraction = text.substr(std::min(point + 1, text.size()));
  if (!exponent.has_value() || !IsDigits(digits.whole) ||
      !IsDigits(digits.fraction) ||
      digits.whole.size() + digits.fraction.size() == 0) {
    return std::nullopt;
  }
  digits.before_point = static_cast<int64_t>(digits.whole.size()) + *exponent;
  return digits;
}

}  // namespace

std::string_view WithoutSpaces(std::string_view text) {
  const size_t begin = std::min(text.find_first_not_of(kSpaces), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(kSpaces) + 1);
}

std::optional<int64_t> ParseUnscaled(std::string_view text, int scale) {
  const auto digits = ParseDigits(WithoutSpaces(text));
  if (!digits.has_value()) return std::nullopt;
  const int64_t kept = digits->before_point + scale;
  __int128 value = 0;
  for (int64_t i = 0; i < kept; ++i) {
    value = value * 10 + (digits->At(i) - '0');
    if (value > __int128{1} << 65) return std::nullopt;
  }
  if (digits->At(kept) >= '5') ++value;
  if (digits->minus) value = -value;
  if (value != static_cast<int64_t>(value)) return std::nullopt;
  return static_cast<int64_t>(value);
}

template <typename Real>
std::optional<double> ParseReal(std::string_view text) {
  text = WithoutSpaces(text);
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  // from_chars also reads `nan(...)`.
  if (text.find('(') != text.npos) return std::nullopt;
  Real value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc() || at != end) return std::nullopt;
  return static_cast<double>(value);
}

template std::optional<double> ParseReal<float>(std::string_view text);
template std::optional<double> ParseReal<double>(std::string_view text);

template <typename Real>
char* WriteReal(Real value, char* out) {
  if (std::isnan(value)) return fmt::format_to(out, "nan");
  char* end = fmt::format_to(out, "{}", value);
  const bool whole = std::all_of(
      out, end, [](char c) { return c == '-' || (c >= '0' && c <= '9'); });
  return whole ? fmt::format_to(end, ".0") : end;
}

template char* WriteReal<float>(float value, char* out);
template char* WriteReal<double>(double value, char* out);

char* WriteInteger(int64_t value, char* out) {
  return fmt::format_to(out, "{}", value);
}

char* WriteDecimal(int64_t unscaled, const Type& type, char* out) {
  if (type.scale == 0) return WriteInteger(unscaled, out);
  const int64_t unit = kPowersOfTen[type.scale];
  if (unscaled < 0) *out++ = '-';
  const int64_t whole = std::abs(unscaled / unit);
  if (type.precision > type.scale) out = WriteInteger(whole, out);
  return fmt::format_to(out, ".{:0{}}", std::abs(unscaled % unit),
                        static_cast<int>(type.scale));
}

}  // namespace freshet
