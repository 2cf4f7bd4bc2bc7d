// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/check.h"
#include "base/error.h"
#include "base/status.h"
#include "config/timestamp.h"
#include "config/value.h"
#include "features/records/field_reading.h"
#include "features/records/record_field.h"
#include "ingest/formats/json_value_parts.h"

namespace freshet {
namespace {

using simdjson::ondemand::json_type;
using Json = simdjson::ondemand::value;

// The number's text, without what stands behind it.
std::string_view NumberText(Json& value) {
  std::string_view text = value.raw_json_token();
  return text.substr(0, text.find_first_of(" \t\r\n,]}"));
}

// What ParseValue reads: texts of times and bytes, and numbers whose digits
// count.
absl::Status ReadText(const JsonField& to, std::string_view text,
                      EventRows& rows) {
  auto value = ParseValue(to.field.type, text);
  if (!value.ok()) return NotOfForm(to.field);
  if (const auto* integer = std::get_if<int64_t>(&value->v)) {
    rows.SetInteger(to.index, *integer);
  } else if (const auto* real = std::get_if<double>(&value->v)) {
    rows.SetReal(to.index, *real);
  } else if (const auto* bytes = std::get_if<std::string>(&value->v)) {
    rows.SetText(to.index, *bytes);
  } else {
    return NotOfType(to.field, "null");
  }
  return absl::OkStatus();
}

constexpr std::string_view kNoNumber = "no number that fits";

absl::Status ReadInteger(const JsonField& to, Json& value, EventRows& rows) {
  int64_t integer = 0;
  if (value.get_int64().get(integer) != simdjson::SUCCESS) {
    return NotOfType(to.field, "no integer that fits");
  }
  const bool narrow = to.field.type.kind == Kind::kInt32;
  if (narrow && (integer < std::numeric_limits<int32_t>::min() ||
                 integer > std::numeric_limits<int32_t>::max())) {
    return NotOfType(to.field, "no integer that fits");
  }
  rows.SetInteger(to.index, integer);
  return absl::OkStatus();
}

absl::Status ReadCount(const JsonField& to, Json& value, EventRows& rows) {
  int64_t count = 0;
  std::optional<int64_t> micros;
  if (value.get_int64().get(count) == simdjson::SUCCESS) {
    micros = MicrosOf(count, to.field.encoding);
  }
  if (!micros) return NotOfType(to.field, "no integer that fits");
  rows.SetInteger(to.index, *micros);
  return absl::OkStatus();
}

// Digits without an exponent, as Java writes a double of ten million with one.
// Nullopt: it is none, or its digits are too many.
std::optional<std::string> PlainDigits(std::string_view text) {
  constexpr int kExponentMax = 64;
  const size_t e = text.find_first_of("eE");
  if (e == text.npos) return std::string(text);
  std::string_view exponent = text.substr(e + 1);
  if (exponent.starts_with('+')) exponent.remove_prefix(1);
  int moved = 0;
  const char* const end = exponent.data() + exponent.size();
  const auto [at, error] = std::from_chars(exponent.data(), end, moved);
  if (error != std::errc() || at != end || moved < -kExponentMax ||
      moved > kExponentMax) {
    return std::nullopt;
  }
  std::string digits(text.substr(0, e));
  const std::string sign = digits.starts_with('-') ? "-" : "";
  digits.erase(0, sign.size());
  size_t point = std::min(digits.find('.'), digits.size());
  if (point == 0 || point + 1 == digits.size()) return std::nullopt;
  if (point < digits.size()) digits.erase(point, 1);
  if (digits.find_first_not_of("0123456789") != digits.npos) {
    return std::nullopt;
  }
  if (moved < 0) {
    const auto left = static_cast<size_t>(-moved);
    // One before the point stays.
    if (left >= point) {
      digits.insert(0, left - point + 1, '0');
      point = left + 1;
    }
    point -= left;
  } else {
    point += static_cast<size_t>(moved);
    if (point > digits.size()) digits.append(point - digits.size(), '0');
  }
  if (point < digits.size()) digits.insert(point, 1, '.');
  return sign + digits;
}

absl::Status ReadDecimal(const JsonField& to, Json& value, EventRows& rows) {
  const auto digits = PlainDigits(NumberText(value));
  if (!digits) return NotOfForm(to.field);
  return ReadText(to, *digits, rows);
}

absl::Status ReadNumber(const JsonField& to, Json& value, EventRows& rows) {
  double real = 0;
  // Also where it is read as text, which may be no number of JSON's.
  const auto is_number = [&] {
    return value.get_double().get(real) == simdjson::SUCCESS;
  };
  switch (to.field.type.kind) {
    case Kind::kInt32:
    case Kind::kInt64:
      return ReadInteger(to, value, rows);
    case Kind::kDouble:
      if (!is_number()) return NotOfType(to.field, kNoNumber);
      rows.SetReal(to.index, real);
      return absl::OkStatus();
    case Kind::kTimestamp:
      if (IsCount(to.field.encoding)) return ReadCount(to, value, rows);
      break;
    case Kind::kDecimal:
      // Kafka Connect's `decimal.format` may be NUMERIC.
      if (to.field.encoding != ValueEncoding::kUsual && !to.by_schema) break;
      if (!is_number()) return NotOfType(to.field, kNoNumber);
      return ReadDecimal(to, value, rows);
    case Kind::kFloat:
      if (!is_number()) return NotOfType(to.field, kNoNumber);
      return ReadText(to, NumberText(value), rows);
    default:
      break;
  }
  return NotOfType(to.field, NameOf(json_type::number));
}

absl::Status ReadTime(const JsonField& to, std::string_view text,
                      EventRows& rows) {
  if (IsCount(to.field.encoding)) {
    return NotOfType(to.field, NameOf(json_type::string));
  }
  const auto time = ParseTimestamp(text);
  if (!time.ok()) return NotOfForm(to.field);
  rows.SetInteger(to.index, *time);
  return absl::OkStatus();
}

absl::Status ReadBase64(const JsonField& to, std::string_view text,
                        EventRows& rows) {
  std::string bytes;
  if (!DecodeBase64(text, &bytes)) return NotOfType(to.field, "no base64");
  if (to.of_row && bytes == kUnavailable) return absl::OkStatus();
  if (to.field.type.kind == Kind::kBytes) {
    rows.SetText(to.index, bytes);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const int64_t unscaled,
                   DecimalOf(to.field, bytes, to.scale));
  rows.SetInteger(to.index, unscaled);
  return absl::OkStatus();
}

absl::Status ReadString(const JsonField& to, Json& value, EventRows& rows) {
  std::string_view text;
  if (const auto error = value.get_string().get(text)) return NotJson(error);
  if (to.of_row && text == kUnavailable) return absl::OkStatus();
  if (to.field.encoding == ValueEncoding::kBase64) {
    return ReadBase64(to, text, rows);
  }
  switch (to.field.type.kind) {
    case Kind::kString:
      rows.SetText(to.index, text);
      return absl::OkStatus();
    case Kind::kTimestamp:
      return ReadTime(to, text, rows);
    case Kind::kDecimal:
      if (to.of_row && to.field.encoding == ValueEncoding::kUsual) {
        return FailedPrecondition(
            "field '{}' is a string, and nothing says whether of digits or of "
            "base64: give it an encoding",
            to.field.name);
      }
      return ReadText(to, text, rows);
    case Kind::kBytes:
      return ReadText(to, text, rows);
    case Kind::kFloat:
    case Kind::kDouble:
      if (text == "NaN") return ReadText(to, "nan", rows);
      if (text == "Infinity") return ReadText(to, "inf", rows);
      if (text == "-Infinity") return ReadText(to, "-inf", rows);
      break;
    default:
      break;
  }
  return NotOfType(to.field, NameOf(json_type::string));
}

absl::Status ReadValue(const JsonField& to, Json& value, EventRows& rows) {
  json_type type = json_type::null;
  if (const auto error = value.type().get(type)) return NotJson(error);
  switch (type) {
    case json_type::null: {
      bool null = false;
      if (const auto error = value.is_null().get(null)) return NotJson(error);
      rows.SetNull(to.index);
      return absl::OkStatus();
    }
    case json_type::boolean: {
      bool flag = false;
      if (const auto error = value.get_bool().get(flag)) return NotJson(error);
      if (to.field.type.kind != Kind::kBool) {
        return NotOfType(to.field, NameOf(type));
      }
      rows.SetInteger(to.index, flag ? 1 : 0);
      return absl::OkStatus();
    }
    case json_type::number:
      return ReadNumber(to, value, rows);
    case json_type::string:
      return ReadString(to, value, rows);
    default:
      return NotOfType(to.field, NameOf(type));
  }
}

}  // namespace

absl::Status NotJson(simdjson::error_code error) {
  return InvalidArgument("it is not JSON: {}", simdjson::error_message(error));
}

std::string_view NameOf(json_type type) {
  switch (type) {
    case json_type::array:
      return "an array";
    case json_type::object:
      return "an object";
    case json_type::number:
      return "a number";
    case json_type::string:
      return "a string";
    case json_type::boolean:
      return "true or false";
    case json_type::null:
      return "null";
  }
  return "nothing";
}

void JsonText::Take(std::string_view text) {
  size_ = text.size();
  padded_.assign(text);
  padded_.append(simdjson::SIMDJSON_PADDING, ' ');
}

absl::StatusOr<simdjson::ondemand::object> JsonText::Open(
    std::string_view within) {
  const auto before = static_cast<size_t>(within.data() - padded_.data());
  if (const auto error =
          parser_.iterate(within.data(), within.size(), padded_.size() - before)
              .get(document_)) {
    return NotJson(error);
  }
  simdjson::ondemand::object object;
  if (document_.get_object().get(object) != simdjson::SUCCESS) {
    return InvalidArgument("it is not one JSON object");
  }
  return object;
}

absl::Status JsonText::CheckEnd() {
  const char* behind = nullptr;
  if (document_.current_location().get(behind) == simdjson::OUT_OF_BOUNDS) {
    return absl::OkStatus();
  }
  return InvalidArgument("it is not one JSON object");
}

absl::StatusOr<std::optional<std::string_view>> ObjectText(
    std::string_view name, Json& value) {
  json_type type = json_type::null;
  if (const auto error = value.type().get(type)) return NotJson(error);
  if (type == json_type::null) {
    bool null = false;
    if (const auto error = value.is_null().get(null)) return NotJson(error);
    return std::nullopt;
  }
  if (type != json_type::object) {
    return InvalidArgument("its '{}' is {}, not an object", name, NameOf(type));
  }
  simdjson::ondemand::object object;
  if (const auto error = value.get_object().get(object)) return NotJson(error);
  std::string_view raw;
  if (const auto error = object.raw_json().get(raw)) return NotJson(error);
  return raw;
}

JsonMembers::JsonMembers(std::vector<JsonField> fields,
                         std::vector<std::string> names)
    : fields_(std::move(fields)), names_(std::move(names)) {
  CHECK(fields_.size() == names_.size());
  for (size_t i = 0; i < names_.size(); ++i) by_name_.emplace(names_[i], i);
  Begin();
}

absl::Status JsonMembers::ReadAt(size_t place, Json& value, EventRows& rows) {
  const JsonField& to = fields_[place];
  if (seen_[place]) {
    return FailedPrecondition("field '{}' is there twice", to.field.name);
  }
  seen_[place] = true;
  return ReadValue(to, value, rows);
}

absl::Status JsonMembers::Read(std::string_view name, Json& value,
                               EventRows& rows) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return absl::OkStatus();
  return ReadAt(found->second, value, rows);
}

absl::Status JsonMembers::ReadAll(simdjson::ondemand::object& object,
                                  EventRows& rows) {
  Begin();
  for (auto member : object) {
    std::string_view name;
    if (const auto error = member.unescaped_key().get(name)) {
      return NotJson(error);
    }
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) continue;
    Json value;
    if (const auto error = member.value().get(value)) return NotJson(error);
    RETURN_IF_ERROR(ReadAt(found->second, value, rows));
  }
  return absl::OkStatus();
}

}  // namespace freshet
