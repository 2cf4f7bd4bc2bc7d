// SPDX-License-Identifier: Apache-2.0
#include "config/type.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/check.h"
#include "base/error.h"

namespace freshet {
namespace {

constexpr uint32_t kFixedLengthMax = 65'536;
constexpr uint32_t kPrecisionMax = 18;

constexpr std::pair<Kind, std::string_view> kKinds[] = {
    {Kind::kBool, "bool"},       {Kind::kInt32, "int32"},
    {Kind::kInt64, "int64"},     {Kind::kFloat, "float"},
    {Kind::kDouble, "double"},   {Kind::kString, "string"},
    {Kind::kBytes, "bytes"},     {Kind::kTimestamp, "timestamp"},
    {Kind::kDecimal, "decimal"},
};

std::string_view KindName(Kind kind) {
  for (const auto& [candidate, name] : kKinds) {
    if (candidate == kind) return name;
  }
  CHECK(false && "no such kind");
  return {};
}

// Takes `open` ... `close` off the ends.
bool Unwrap(std::string_view open, std::string_view close,
            std::string_view& text) {
  if (text.size() < open.size() + close.size() || !text.starts_with(open) ||
      !text.ends_with(close)) {
    return false;
  }
  text.remove_prefix(open.size());
  text.remove_suffix(close.size());
  return true;
}

bool ParseNumber(std::string_view text, uint32_t& value) {
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  const bool has_leading_zero = text.size() > 1 && text[0] == '0';
  return !has_leading_zero && error == std::errc() && at == end;
}

absl::Status NotAType(std::string_view text) {
  // Inside YAML's braces an unquoted comma ends the value.
  if (text.starts_with("decimal(") || text.starts_with("list<decimal(")) {
    return InvalidArgument(
        "'{}' is not a type: write decimal(precision, scale) with a precision "
        "of 1 to {} and a scale of 0 to the precision; inside braces, in "
        "quotes",
        text, kPrecisionMax);
  }
  return InvalidArgument(
      "'{}' is not a type; there are bool, int32, int64, float, double, "
      "string, "
      "bytes, timestamp, decimal(precision, scale), list<...> of each, and "
      "float[length]",
      text);
}

bool ParseDecimal(std::string_view text, Type& type) {
  if (!Unwrap("decimal(", ")", text)) return false;
  const size_t comma = text.find(',');
  if (comma == text.npos) return false;
  std::string_view scale_text = text.substr(comma + 1);
  if (scale_text.starts_with(' ')) scale_text.remove_prefix(1);
  uint32_t precision = 0;
  uint32_t scale = 0;
  if (!ParseNumber(text.substr(0, comma), precision) ||
      !ParseNumber(scale_text, scale) || precision < 1 ||
      precision > kPrecisionMax || scale > precision) {
    return false;
  }
  type.kind = Kind::kDecimal;
  type.precision = static_cast<uint8_t>(precision);
  type.scale = static_cast<uint8_t>(scale);
  return true;
}

bool ParseScalar(std::string_view text, Type& type) {
  for (const auto& [kind, name] : kKinds) {
    if (kind == Kind::kDecimal || name != text) continue;
    type.kind = kind;
    return true;
  }
  return ParseDecimal(text, type);
}

}  // namespace

absl::StatusOr<Type> Type::Parse(std::string_view text) {
  std::string_view rest = text;
  Type type;
  if (Unwrap("float[", "]", rest)) {
    type.kind = Kind::kFloat;
    if (ParseNumber(rest, type.fixed_length) && type.fixed_length >= 1 &&
        type.fixed_length <= kFixedLengthMax) {
      return type;
    }
    return InvalidArgument(
        "'{}' is not a type: the length of a fixed list is 1 to {}", text,
        kFixedLengthMax);
  }
  type.list = Unwrap("list<", ">", rest);
  if (ParseScalar(rest, type)) return type;
  return NotAType(text);
}

std::string Type::ToString() const {
  std::string text(KindName(kind));
  if (kind == Kind::kDecimal) {
    text += fmt::format("({},{})", precision, scale);
  }
  if (fixed_length > 0) return fmt::format("{}[{}]", text, fixed_length);
  return list ? fmt::format("list<{}>", text) : text;
}

uint32_t ElementWidth(Kind kind) {
  switch (kind) {
    case Kind::kBool:
      return 1;
    case Kind::kInt32:
    case Kind::kFloat:
      return 4;
    case Kind::kInt64:
    case Kind::kDouble:
    case Kind::kTimestamp:
    case Kind::kDecimal:
      return 8;
    case Kind::kString:
    case Kind::kBytes:
      return 0;
  }
  CHECK(false && "no such kind");
  return 0;
}

bool WidensTo(const Type& from, const Type& to) {
  Type widened = from;
  if (from.kind == Kind::kInt32 && to.kind == Kind::kInt64) {
    widened.kind = to.kind;
  }
  if (from.kind == Kind::kFloat && to.kind == Kind::kDouble) {
    widened.kind = to.kind;
  }
  return widened == to;
}

}  // namespace freshet
