// SPDX-License-Identifier: Apache-2.0
#include "tests/config/schema_validator.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <regex>
#include <stdexcept>
#include <string>

namespace freshet {
namespace {

using Json = nlohmann::json;

class Validator {
 public:
  explicit Validator(const Json& root) : root_(root) {}

  bool Check(const Json& schema, const Json& value) const {
    for (const auto& [keyword, argument] : schema.items()) {
      if (!CheckKeyword(keyword, argument, schema, value)) return false;
    }
    return true;
  }

 private:
  bool CheckKeyword(const std::string& keyword, const Json& argument,
                    const Json& schema, const Json& value) const {
    if (IsAnnotation(keyword)) return true;
    if (keyword == "$ref") {
      const auto target = argument.get<std::string>().substr(1);
      return Check(root_.at(Json::json_pointer(target)), value);
    }
    if (keyword == "type") return HasType(argument, value);
    if (keyword == "const") return value == argument;
    if (keyword == "enum") return Contains(argument, value);
    if (keyword == "anyOf") return Any(argument, value);
    if (value.is_string()) return CheckText(keyword, argument, value);
    if (value.is_number()) return CheckNumber(keyword, argument, value);
    if (value.is_array()) return CheckArray(keyword, argument, value);
    if (value.is_object()) return CheckObject(keyword, argument, schema, value);
    return IsKnown(keyword);
  }

  static bool IsAnnotation(const std::string& keyword) {
    return keyword == "$schema" || keyword == "title" || keyword == "$defs" ||
           keyword == "description" || keyword == "default";
  }

  // A keyword for another type of value says nothing about this one.
  static bool IsKnown(const std::string& keyword) {
    for (const char* known :
         {"pattern", "minLength", "maxLength", "minimum", "maximum", "items",
          "minItems", "required", "properties", "additionalProperties",
          "patternProperties", "propertyNames", "dependentRequired"}) {
      if (keyword == known) return true;
    }
    throw std::logic_error("keyword not known: " + keyword);
  }

  static bool Contains(const Json& array, const Json& value) {
    return std::find(array.begin(), array.end(), value) != array.end();
  }

  static bool HasType(const Json& types, const Json& value) {
    if (types.is_array()) {
      return std::any_of(types.begin(), types.end(), [&](const Json& type) {
        return HasType(type, value);
      });
    }
    const auto type = types.get<std::string>();
    if (type == "integer") {
      return value.is_number_integer() ||
             (value.is_number() &&
              value.get<double>() == std::floor(value.get<double>()));
    }
    if (type == "number") return value.is_number();
    return type == value.type_name();
  }

  bool Any(const Json& schemas, const Json& value) const {
    return std::any_of(schemas.begin(), schemas.end(), [&](const Json& schema) {
      return Check(schema, value);
    });
  }

  static bool Matches(const std::string& pattern, const std::string& text) {
    static std::map<std::string, std::regex> compiled;
    auto found = compiled.find(pattern);
    if (found == compiled.end()) {
      found = compiled.emplace(pattern, pattern).first;
    }
    return std::regex_search(text, found->second);
  }

  static bool CheckText(const std::string& keyword, const Json& argument,
                        const std::string& text) {
    if (keyword == "pattern") return Matches(argument, text);
    if (keyword == "minLength") return text.size() >= argument.get<size_t>();
    if (keyword == "maxLength") return text.size() <= argument.get<size_t>();
    return IsKnown(keyword);
  }

  static bool CheckNumber(const std::string& keyword, const Json& argument,
                          const Json& value) {
    if (keyword == "minimum") return value >= argument;
    if (keyword == "maximum") return value <= argument;
    return IsKnown(keyword);
  }

  bool CheckArray(const std::string& keyword, const Json& argument,
                  const Json& value) const {
    if (keyword == "minItems") return value.size() >= argument.get<size_t>();
    if (keyword != "items") return IsKnown(keyword);
    return std::all_of(value.begin(), value.end(),
                       [&](const Json& item) { return Check(argument, item); });
  }

  static bool HasAll(const Json& names, const Json& object) {
    return std::all_of(names.begin(), names.end(), [&](const Json& name) {
      return object.contains(name.get<std::string>());
    });
  }

  bool CheckObject(const std::string& keyword, const Json& argument,
                   const Json& schema, const Json& object) const {
    if (keyword == "required") return HasAll(argument, object);
    if (keyword == "dependentRequired") {
      return std::all_of(argument.items().begin(), argument.items().end(),
                         [&](const auto& item) {
                           return !object.contains(item.key()) ||
                                  HasAll(item.value(), object);
                         });
    }
    const auto fits = [&](const auto& field) {
      return CheckField(keyword, argument, schema, field);
    };
    return std::all_of(object.items().begin(), object.items().end(), fits);
  }

  template <typename Field>
  bool CheckField(const std::string& keyword, const Json& argument,
                  const Json& schema, const Field& field) const {
    const std::string& name = field.key();
    if (keyword == "propertyNames") return Check(argument, Json(name));
    if (keyword == "properties") {
      return !argument.contains(name) ||
             Check(argument.at(name), field.value());
    }
    if (keyword == "patternProperties") {
      return !IsPatterned(argument, name) ||
             Check(argument.front(), field.value());
    }
    if (keyword != "additionalProperties") return IsKnown(keyword);
    const auto properties = schema.find("properties");
    if (properties != schema.end() && properties->contains(name)) return true;
    const auto patterns = schema.find("patternProperties");
    if (patterns != schema.end() && IsPatterned(*patterns, name)) return true;
    return argument.is_boolean() ? argument.get<bool>()
                                 : Check(argument, field.value());
  }

  // One pattern at most is all that the schema uses.
  static bool IsPatterned(const Json& patterns, const std::string& name) {
    if (patterns.size() > 1) throw std::logic_error("more than one pattern");
    return !patterns.empty() && Matches(patterns.begin().key(), name);
  }

  const Json& root_;
};

}  // namespace

bool IsValid(const Json& root_schema, const Json& document) {
  return Validator(root_schema).Check(root_schema, document);
}

}  // namespace freshet
