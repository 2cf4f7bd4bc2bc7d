// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/error.h"
#include "config/timestamp.h"
#include "config/value.h"

namespace freshet {
namespace {

std::string Quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false,
                                   nlohmann::json::error_handler_t::replace);
}

// Whether ParseValue would take the bare text for something else, or a
// terminal would show nothing of it.
bool NeedsQuotes(const std::string& text) {
  if (text.empty()) return false;
  const auto is_control = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  };
  return text == "null" || text.front() == '"' || text.front() == ' ' ||
         text.back() == ' ' ||
         std::any_of(text.begin(), text.end(), is_control);
}

template <typename T>
std::string FormatFloating(T number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  char buffer[32];
  const auto [end, error] =
      std::to_chars(buffer, buffer + sizeof(buffer), number);
  CHECK(error == std::errc());
  std::string text(buffer, end);
  // So that it looks like what it is.
  if (text.find_first_of(".e") == text.npos) text += ".0";
  return text;
}

std::string FormatDecimal(const Type& type, int64_t unscaled) {
  const bool minus = unscaled < 0;
  // The digits of the smallest int64 have no positive int64.
  std::string digits = fmt::format("{}", unscaled);
  if (minus) digits.erase(0, 1);
  if (digits.size() <= type.scale) {
    digits.insert(0, type.scale + 1 - digits.size(), '0');
  }
  if (type.scale > 0) digits.insert(digits.size() - type.scale, 1, '.');
  return minus ? "-" + digits : digits;
}

std::string FormatBytes(const std::string& bytes) {
  std::string text = "0x";
  for (const char byte : bytes) {
    text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  }
  return text;
}

std::string FormatElement(const Type& type, const Value& value, bool in_list) {
  if (value.IsNull()) return "null";
  switch (type.kind) {
    case Kind::kBool:
      return std::get<bool>(value.v) ? "true" : "false";
    case Kind::kInt32:
    case Kind::kInt64:
      return fmt::format("{}", std::get<int64_t>(value.v));
    case Kind::kFloat:
      return FormatFloating(static_cast<float>(std::get<double>(value.v)));
    case Kind::kDouble:
      return FormatFloating(std::get<double>(value.v));
    case Kind::kString: {
      const auto& text = std::get<std::string>(value.v);
      return in_list || NeedsQuotes(text) ? Quoted(text) : text;
    }
    case Kind::kBytes:
      return FormatBytes(std::get<std::string>(value.v));
    case Kind::kTimestamp:
      return FormatTimestamp(std::get<int64_t>(value.v));
    case Kind::kDecimal:
      return FormatDecimal(type, std::get<int64_t>(value.v));
  }
  CHECK(false && "no such kind");
  return {};
}

}  // namespace

std::string FormatValue(const Type& type, const Value& value) {
  if (value.IsNull() || (!type.list && type.fixed_length == 0)) {
    return FormatElement(type, value, false);
  }
  Type element = type;
  element.list = false;
  element.fixed_length = 0;
  std::string text = "[";
  for (const Value& item : std::get<Value::List>(value.v)) {
    if (text.size() > 1) text += ", ";
    text += FormatElement(element, item, true);
  }
  return text + "]";
}

}  // namespace freshet
