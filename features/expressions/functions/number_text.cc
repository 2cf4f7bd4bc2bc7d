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

// Appends decimal digits to `value`; false if it then exceeds an int64 by far.
bool AppendDigits(std::string_view digits, __int128& value) {
  for (const char digit : digits) {
    value = value * 10 + (digit - '0');
    if (value > __int128{1} << 65) return false;
  }
  return true;
}

}  // namespace

std::string_view WithoutSpaces(std::string_view text) {
  const size_t begin = std::min(text.find_first_not_of(kSpaces), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(kSpaces) + 1);
}

std::optional<int64_t> ParseUnscaled(std::string_view text, int scale) {
  text = WithoutSpaces(text);
  const bool minus = TakeSign(text);
  const size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  std::string_view fraction = text.substr(std::min(point + 1, text.size()));
  if (!IsDigits(whole) || !IsDigits(fraction) ||
      whole.size() + fraction.size() == 0) {
    return std::nullopt;
  }
  const auto kept = static_cast<size_t>(scale);
  __int128 value = 0;
  if (!AppendDigits(whole, value) ||
      !AppendDigits(fraction.substr(0, kept), value)) {
    return std::nullopt;
  }
  for (size_t i = fraction.size(); i < kept; ++i) {
    if (!AppendDigits("0", value)) return std::nullopt;
  }
  if (fraction.size() > kept && fraction[kept] >= '5') ++value;
  if (minus) value = -value;
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
