// SPDX-License-Identifier: Apache-2.0
#include "config/value.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/check.h"
#include "base/error.h"
#include "base/status.h"
#include "config/timestamp.h"
#include "config/utf8.h"

namespace freshet {
namespace {

absl::Status Wanted(const Type& type, std::string_view text,
                    std::string_view wanted) {
  return InvalidArgument("'{}' does not fit {}: it takes {}", Shortened(text),
                         type.ToString(), wanted);
}

bool IsOneOf(std::string_view text, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (text == name) return true;
  }
  return false;
}

// from_chars takes no '+', which people and YAML write.
std::string_view WithoutPlus(std::string_view text) {
  const bool plus = text.size() > 1 && text[0] == '+' && text[1] != '-';
  return plus ? text.substr(1) : text;
}

template <typename T>
bool ParseWhole(std::string_view text, T& number) {
  const std::string_view digits = WithoutPlus(text);
  const char* end = digits.data() + digits.size();
  const auto [at, error] = std::from_chars(digits.data(), end, number);
  return !digits.empty() && error == std::errc() && at == end;
}

absl::StatusOr<Value> ParseBool(const Type& type, std::string_view text) {
  if (text == "true") return Value(true);
  if (text == "false") return Value(false);
  return Wanted(type, text, "true or false");
}

template <typename T>
absl::StatusOr<Value> ParseInteger(const Type& type, std::string_view text) {
  T number = 0;
  if (ParseWhole(text, number)) return Value(int64_t{number});
  return Wanted(
      type, text,
      fmt::format("a whole number from {} to {}", std::numeric_limits<T>::min(),
                  std::numeric_limits<T>::max()));
}

template <typename T>
absl::StatusOr<Value> ParseFloating(const Type& type, std::string_view text) {
  constexpr T kInfinity = std::numeric_limits<T>::infinity();
  // With YAML's spellings.
  if (IsOneOf(text, {"nan", "NaN", ".nan", ".NaN", ".NAN"})) {
    return Value(std::numeric_limits<double>::quiet_NaN());
  }
  const bool minus = text.starts_with('-');
  if (IsOneOf(minus ? text.substr(1) : WithoutPlus(text),
              {"inf", ".inf", ".Inf", ".INF", "Infinity"})) {
    return Value(static_cast<double>(minus ? -kInfinity : kInfinity));
  }
  T number = 0;
  if (text.find_first_not_of("0123456789+-.eE") == text.npos &&
      ParseWhole(text, number)) {
    return Value(static_cast<double>(number));
  }
  return Wanted(type, text,
                "a number within its range, such as 0.5 or 1e-9, nan, inf or "
                "-inf");
}

// Digits before and after the point as one number of 10^-scale; nullopt if
// `text` is not a plain decimal number or has too many digits.
std::optional<int64_t> Unscaled(std::string_view text, const Type& type) {
  const bool minus = text.starts_with('-');
  if (minus || text.starts_with('+')) text.remove_prefix(1);
  const size_t point = std::min(text.find('.'), text.size());
  std::string digits(text.substr(0, point));
  std::string fraction(text.substr(std::min(point + 1, text.size())));
  if (digits.empty() || (point < text.size() && fraction.empty())) {
    return std::nullopt;
  }
  // Zeros beyond the scale lose nothing.
  while (fraction.size() > type.scale && fraction.back() == '0') {
    fraction.pop_back();
  }
  if (fraction.size() > type.scale) return std::nullopt;
  fraction.resize(type.scale, '0');
  digits += fraction;
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  int64_t number = 0;
  if (digits.size() > type.precision || digits[0] == '-' ||
      !ParseWhole(std::string_view(digits), number)) {
    return digits == "0" ? std::optional<int64_t>(0) : std::nullopt;
  }
  return minus ? -number : number;
}

absl::StatusOr<Value> ParseDecimal(const Type& type, std::string_view text) {
  if (const auto number = Unscaled(text, type)) return Value(*number);
  return Wanted(type, text,
                fmt::format("a number of at most {} digits before the point "
                            "and {} after it",
                            type.precision - type.scale, type.scale));
}

absl::StatusOr<Value> ParseBytes(const Type& type, std::string_view text) {
  constexpr std::string_view kWanted =
      "0x and two hexadecimal digits for each byte";
  if (!text.starts_with("0x") || text.size() % 2 != 0) {
    return Wanted(type, text, kWanted);
  }
  std::string bytes;
  for (size_t i = 2; i < text.size(); i += 2) {
    uint8_t byte = 0;
    const char* end = text.data() + i + 2;
    const auto [at, error] = std::from_chars(text.data() + i, end, byte, 16);
    if (error != std::errc() || at != end) return Wanted(type, text, kWanted);
    bytes += static_cast<char>(byte);
  }
  return Value(std::move(bytes));
}

absl::StatusOr<Value> ParseString(const Type& type, std::string_view text) {
  if (text.starts_with('"')) {
    const nlohmann::json parsed = nlohmann::json::parse(text, nullptr, false);
    if (parsed.is_string()) return Value(parsed.get<std::string>());
    return Wanted(type, text, "JSON's escapes where it begins with a quote");
  }
  if (ValidUtf8Prefix(text) != text.size()) {
    return Wanted(type, "(bytes that are not UTF-8)", "UTF-8");
  }
  return Value(std::string(text));
}

absl::StatusOr<Value> ParseTime(const Type& type, std::string_view text) {
  auto micros = ParseTimestamp(text);
  if (!micros.ok()) {
    return Wanted(type, text,
                  "RFC 3339 with a zone, such as 2013-12-31T23:59:59Z");
  }
  return Value(*micros);
}

absl::StatusOr<Value> ParseElement(const Type& type, std::string_view text) {
  if (text == "null") return Value();
  switch (type.kind) {
    case Kind::kBool:
      return ParseBool(type, text);
    case Kind::kInt32:
      return ParseInteger<int32_t>(type, text);
    case Kind::kInt64:
      return ParseInteger<int64_t>(type, text);
    case Kind::kFloat:
      return ParseFloating<float>(type, text);
    case Kind::kDouble:
      return ParseFloating<double>(type, text);
    case Kind::kString:
      return ParseString(type, text);
    case Kind::kBytes:
      return ParseBytes(type, text);
    case Kind::kTimestamp:
      return ParseTime(type, text);
    case Kind::kDecimal:
      return ParseDecimal(type, text);
  }
  CHECK(false && "no such kind");
  return Value();
}

std::string_view Trimmed(std::string_view text) {
  const size_t begin = std::min(text.find_first_not_of(" \t\n"), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(" \t\n") + 1);
}

// Where the element at the front of `text` ends: at a comma outside of quotes.
size_t ElementLength(std::string_view text) {
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == ',' && !quoted) {
      return i;
    }
  }
  return text.size();
}

absl::StatusOr<Value> ParseList(const Type& type, std::string_view text) {
  std::string_view rest = Trimmed(text);
  if (rest.size() < 2 || rest.front() != '[' || rest.back() != ']') {
    return Wanted(type, text, "elements in brackets, such as [1, 2]");
  }
  rest = Trimmed(rest.substr(1, rest.size() - 2));
  Type element = type;
  element.list = false;
  element.fixed_length = 0;
  Value::List list;
  while (!rest.empty()) {
    const size_t length = ElementLength(rest);
    const std::string_view item = Trimmed(rest.substr(0, length));
    if (item.empty()) return Wanted(type, text, "something between commas");
    if (type.kind == Kind::kString && !item.starts_with('"') &&
        item.find_first_of("'\"[]{}") != item.npos) {
      // A list within a list, or one that Python wrote.
      return Wanted(type, text,
                    "double quotes around text with quotes or brackets in it, "
                    "such as [\"it's\"]");
    }
    ASSIGN_OR_RETURN(Value value, ParseElement(element, item));
    list.push_back(std::move(value));
    if (length == rest.size()) break;
    rest = Trimmed(rest.substr(length + 1));
    if (rest.empty()) return Wanted(type, text, "something between commas");
  }
  return Value(std::move(list));
}

absl::Status CheckFixedLength(const Type& type, const Value& value) {
  const auto& list = std::get<Value::List>(value.v);
  if (list.size() != type.fixed_length) {
    return InvalidArgument("a list of {} elements does not fit {}", list.size(),
                           type.ToString());
  }
  for (const Value& element : list) {
    if (element.IsNull()) {
      return InvalidArgument("a list with a null in it does not fit {}",
                             type.ToString());
    }
  }
  return absl::OkStatus();
}

}  // namespace

bool Value::operator==(const Value& other) const {
  if (v.index() != other.v.index()) return false;
  const double* a = std::get_if<double>(&v);
  if (a == nullptr) return v == other.v;
  const double b = std::get<double>(other.v);
  return (std::isnan(*a) && std::isnan(b)) ||
         std::bit_cast<uint64_t>(*a) == std::bit_cast<uint64_t>(b);
}

absl::StatusOr<Value> ParseValue(const Type& type, std::string_view text) {
  if (text == "null") return Value();
  if (!type.list && type.fixed_length == 0) return ParseElement(type, text);
  ASSIGN_OR_RETURN(Value value, ParseList(type, text));
  if (type.fixed_length > 0) RETURN_IF_ERROR(CheckFixedLength(type, value));
  return value;
}

}  // namespace freshet
