// SPDX-License-Identifier: Apache-2.0
#include "ingest/formats/json_events.h"

// What can fail says so, and nothing is thrown where that was not looked at.
#define SIMDJSON_EXCEPTIONS 0
#include <simdjson.h>

#include <limits>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "base/status.h"
#include "config/timestamp.h"
#include "config/value.h"

namespace freshet {
namespace {

using simdjson::ondemand::json_type;
using Json = simdjson::ondemand::value;

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

absl::Status Wrong(const StreamField& field, std::string_view what) {
  return FailedPrecondition("field '{}' is {}, not of type {}", field.name,
                            what, field.type.ToString());
}

absl::Status NotJson(simdjson::error_code error) {
  return InvalidArgument("it is not JSON: {}", simdjson::error_message(error));
}

// The number's text, without what stands behind it.
std::string_view NumberText(Json& value) {
  std::string_view text = value.raw_json_token();
  return text.substr(0, text.find_first_of(" \t\r\n,]}"));
}

// What ParseValue reads: texts of times and bytes, and numbers whose digits
// count.
absl::Status ReadText(size_t index, const StreamField& field,
                      std::string_view text, EventRows& rows) {
  auto value = ParseValue(field.type, text);
  if (!value.ok()) {
    return FailedPrecondition("field '{}': {}", field.name,
                              std::string(value.status().message()));
  }
  if (const auto* integer = std::get_if<int64_t>(&value->v)) {
    rows.SetInteger(index, *integer);
  } else if (const auto* real = std::get_if<double>(&value->v)) {
    rows.SetReal(index, *real);
  } else if (const auto* bytes = std::get_if<std::string>(&value->v)) {
    rows.SetText(index, *bytes);
  } else {
    return Wrong(field, "null");
  }
  return absl::OkStatus();
}

absl::Status ReadInteger(size_t index, const StreamField& field, Json& value,
                         EventRows& rows) {
  int64_t integer = 0;
  if (value.get_int64().get(integer) != simdjson::SUCCESS) {
    return Wrong(field, "no integer that fits");
  }
  const bool narrow = field.type.kind == Kind::kInt32;
  if (narrow && (integer < std::numeric_limits<int32_t>::min() ||
                 integer > std::numeric_limits<int32_t>::max())) {
    return Wrong(field, "no integer that fits");
  }
  rows.SetInteger(index, integer);
  return absl::OkStatus();
}

absl::Status ReadNumber(size_t index, const StreamField& field, Json& value,
                        EventRows& rows) {
  switch (field.type.kind) {
    case Kind::kInt32:
    case Kind::kInt64:
      return ReadInteger(index, field, value, rows);
    case Kind::kDouble: {
      double real = 0;
      if (value.get_double().get(real) != simdjson::SUCCESS) {
        return Wrong(field, "no number that fits");
      }
      rows.SetReal(index, real);
      return absl::OkStatus();
    }
    case Kind::kFloat:
    case Kind::kDecimal:
      return ReadText(index, field, NumberText(value), rows);
    default:
      return Wrong(field, NameOf(json_type::number));
  }
}

absl::Status ReadString(size_t index, const StreamField& field, Json& value,
                        EventRows& rows) {
  std::string_view text;
  if (const auto error = value.get_string().get(text)) return NotJson(error);
  switch (field.type.kind) {
    case Kind::kString:
      rows.SetText(index, text);
      return absl::OkStatus();
    case Kind::kTimestamp: {
      const auto time = ParseTimestamp(text);
      if (!time.ok()) {
        return FailedPrecondition("field '{}': {}", field.name,
                                  std::string(time.status().message()));
      }
      rows.SetInteger(index, *time);
      return absl::OkStatus();
    }
    case Kind::kBytes:
    case Kind::kDecimal:
      return ReadText(index, field, text, rows);
    case Kind::kFloat:
    case Kind::kDouble:
      if (text == "NaN") return ReadText(index, field, "nan", rows);
      if (text == "Infinity") return ReadText(index, field, "inf", rows);
      if (text == "-Infinity") return ReadText(index, field, "-inf", rows);
      return Wrong(field, NameOf(json_type::string));
    default:
      return Wrong(field, NameOf(json_type::string));
  }
}

absl::Status ReadValue(size_t index, const StreamField& field, Json& value,
                       EventRows& rows) {
  json_type type = json_type::null;
  if (const auto error = value.type().get(type)) return NotJson(error);
  switch (type) {
    case json_type::null: {
      bool null = false;
      if (const auto error = value.is_null().get(null)) return NotJson(error);
      rows.SetNull(index);
      return absl::OkStatus();
    }
    case json_type::boolean: {
      bool flag = false;
      if (const auto error = value.get_bool().get(flag)) return NotJson(error);
      if (field.type.kind != Kind::kBool) return Wrong(field, NameOf(type));
      rows.SetInteger(index, flag ? 1 : 0);
      return absl::OkStatus();
    }
    case json_type::number:
      return ReadNumber(index, field, value, rows);
    case json_type::string:
      return ReadString(index, field, value, rows);
    default:
      return Wrong(field, NameOf(type));
  }
}

}  // namespace

struct JsonEvents::Parts {
  absl::Status ReadObject(simdjson::ondemand::object& object, EventRows& rows);

  std::vector<StreamField> fields;
  std::unordered_map<std::string_view, size_t> by_name;  // Of `fields`.
  std::vector<bool> seen;                                // In this event.
  simdjson::ondemand::parser parser;
  std::string padded;  // simdjson reads beyond the end.
};

JsonEvents::JsonEvents(std::vector<StreamField> fields)
    : parts_(std::make_unique<Parts>()) {
  parts_->fields = std::move(fields);
  for (size_t i = 0; i < parts_->fields.size(); ++i) {
    parts_->by_name.emplace(parts_->fields[i].name, i);
  }
}

JsonEvents::~JsonEvents() = default;

absl::Status JsonEvents::Parts::ReadObject(simdjson::ondemand::object& object,
                                           EventRows& rows) {
  seen.assign(fields.size(), false);
  for (auto member : object) {
    std::string_view name;
    if (const auto error = member.unescaped_key().get(name)) {
      return NotJson(error);
    }
    const auto found = by_name.find(name);
    if (found == by_name.end()) continue;
    const size_t index = found->second;
    if (seen[index]) {
      return FailedPrecondition("field '{}' is there twice",
                                fields[index].name);
    }
    seen[index] = true;
    Json value;
    if (const auto error = member.value().get(value)) return NotJson(error);
    RETURN_IF_ERROR(ReadValue(index, fields[index], value, rows));
  }
  return absl::OkStatus();
}

absl::Status JsonEvents::Read(std::string_view text, EventRows& rows) {
  std::string& padded = parts_->padded;
  padded.assign(text);
  padded.append(simdjson::SIMDJSON_PADDING, ' ');
  simdjson::ondemand::document document;
  if (const auto error =
          parts_->parser.iterate(padded.data(), text.size(), padded.size())
              .get(document)) {
    return NotJson(error);
  }
  simdjson::ondemand::object object;
  if (document.get_object().get(object) != simdjson::SUCCESS) {
    return InvalidArgument("it is not one JSON object");
  }
  RETURN_IF_ERROR(parts_->ReadObject(object, rows));
  const char* behind = nullptr;
  if (document.current_location().get(behind) == simdjson::OUT_OF_BOUNDS) {
    return absl::OkStatus();
  }
  return InvalidArgument("it is not one JSON object");
}

}  // namespace freshet
