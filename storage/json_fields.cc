// SPDX-License-Identifier: Apache-2.0
#include "storage/json_fields.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace freshet {
namespace {

using nlohmann::json;

constexpr size_t kHexDigits = 16;

// Deeper nesting than any of our documents has. The parser itself does not
// recurse, but copying and destroying what it built does.
constexpr int kDepthMax = 64;

}  // namespace

absl::StatusOr<json> ParseJsonObject(std::string_view text) {
  bool too_deep = false;
  const auto watch_depth = [&too_deep](int depth, json::parse_event_t, json&) {
    too_deep = too_deep || depth > kDepthMax;
    return !too_deep;
  };
  json parsed = json::parse(text, watch_depth, /*allow_exceptions=*/false);
  if (too_deep) return DataLoss("JSON nested deeper than {}", kDepthMax);
  if (parsed.is_discarded()) return DataLoss("not JSON");
  if (!parsed.is_object()) return DataLoss("not a JSON object");
  return parsed;
}

std::string DumpJson(const json& value, bool pretty) {
  return value.dump(pretty ? 2 : -1, ' ', false,
                    json::error_handler_t::replace);
}

JsonFields::JsonFields(const json& object) : object_(object) {
  if (!object_.is_object()) status_ = DataLoss("not a JSON object");
}

bool JsonFields::Has(const char* name) const { return object_.contains(name); }

int64_t JsonFields::Int64(const char* name) {
  const json* field = Find(name);
  if (field == nullptr) return 0;
  if (field->is_number_unsigned()) {
    const auto value = field->get<uint64_t>();
    if (value <= uint64_t{std::numeric_limits<int64_t>::max()}) {
      return static_cast<int64_t>(value);
    }
  } else if (field->is_number_integer()) {
    return field->get<int64_t>();
  }
  Wrong(name, "an integer of 64 bits");
  return 0;
}

uint32_t JsonFields::Uint32(const char* name) {
  const int64_t value = Int64(name);
  if (value >= 0 && value <= int64_t{std::numeric_limits<uint32_t>::max()}) {
    return static_cast<uint32_t>(value);
  }
  Wrong(name, "an integer of 0 to 4294967295");
  return 0;
}

bool JsonFields::Bool(const char* name) {
  const json* field = Find(name);
  if (field == nullptr) return false;
  if (field->is_boolean()) return field->get<bool>();
  Wrong(name, "true or false");
  return false;
}

std::string JsonFields::String(const char* name) {
  const json* field = Find(name);
  if (field == nullptr) return {};
  if (field->is_string()) return field->get<std::string>();
  Wrong(name, "a string");
  return {};
}

uint64_t JsonFields::Hex64(const char* name) {
  const std::string text = String(name);
  uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value, 16);
  if (text.size() != kHexDigits || error != std::errc() || at != end) {
    Wrong(name, "16 hexadecimal digits");
    return 0;
  }
  return value;
}

const json& JsonFields::Array(const char* name) {
  static const json kEmpty = json::array();
  const json* field = Find(name);
  if (field == nullptr) return kEmpty;
  if (field->is_array()) return *field;
  Wrong(name, "an array");
  return kEmpty;
}

const json& JsonFields::Object(const char* name) {
  static const json kEmpty = json::object();
  const json* field = Find(name);
  if (field == nullptr) return kEmpty;
  if (field->is_object()) return *field;
  Wrong(name, "an object");
  return kEmpty;
}

void JsonFields::Fail(const absl::Status& problem) {
  if (status_.ok()) status_ = problem;
}

const json* JsonFields::Find(const char* name) {
  if (!status_.ok()) return nullptr;
  const auto it = object_.find(name);
  if (it != object_.end()) return &*it;
  Fail(DataLoss("field '{}' is missing", name));
  return nullptr;
}

void JsonFields::Wrong(const char* name, const char* want) {
  Fail(DataLoss("field '{}' is not {}", name, want));
}

json NumberToJson(double value) {
  if (std::isfinite(value)) return value;
  return value > 0 ? "inf" : "-inf";
}

std::optional<double> NumberFromJson(const json& json) {
  if (json.is_number()) return json.get<double>();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (json == "inf") return kInfinity;
  if (json == "-inf") return -kInfinity;
  return std::nullopt;
}

std::string Hex64Text(uint64_t value) { return fmt::format("{:016x}", value); }

}  // namespace freshet
