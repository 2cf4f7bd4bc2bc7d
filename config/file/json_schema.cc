// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "config/file/fields.h"
#include "config/parse.h"

namespace freshet {
namespace {

using Json = nlohmann::ordered_json;

std::string DefinitionName(const ObjectSpec& spec) {
  std::string name(spec.name);
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

Json Text() { return {{"type", "string"}, {"minLength", 1}}; }

Json Pattern(const FieldSpec& field) {
  return {{"type", "string"},
          {"maxLength", kPatternTextMax},
          {"pattern", "^(" + PatternOf(field) + ")$"}};
}

Json Quantity(const FieldSpec& field) {
  Json text = Pattern(field);
  if (field.min > 0) return text;
  // YAML's plain 0 is a number.
  return {{"anyOf", Json::array({{{"const", 0}}, text})}};
}

Json ListOf(const FieldSpec& field, Json items) {
  Json list = {{"type", "array"}, {"items", std::move(items)}};
  if (field.required) list["minItems"] = 1;
  return list;
}

// Of any type; which one is the feature's to say.
Json DefaultValue() {
  const Json scalar = Json::array({"string", "number", "boolean"});
  const Json element = Json::array({"string", "number", "boolean", "null"});
  return {{"anyOf",
           Json::array({{{"type", scalar}},
                        {{"type", "array"}, {"items", {{"type", element}}}}})}};
}

Json Map(const FieldSpec& field) {
  Json map = {{"type", "object"}, {"additionalProperties", Text()}};
  const std::string pattern = PatternOf(field);
  map["propertyNames"] = {{"minLength", 1}};
  if (!pattern.empty()) {
    map["propertyNames"] = {{"pattern", "^(" + pattern + ")$"}};
  }
  return map;
}

Json Reference(const ObjectSpec& spec) {
  return {{"$ref", "#/$defs/" + DefinitionName(spec)}};
}

Json Number(const FieldSpec& field, const char* type) {
  return {{"type", type}, {"minimum", field.min}, {"maximum", field.max}};
}

// Without the bounds that are none (NumberText).
Json Unbounded(const FieldSpec& field, Json number) {
  using Limits = std::numeric_limits<int64_t>;
  if (field.min == Limits::min()) number.erase("minimum");
  if (field.max == Limits::max()) number.erase("maximum");
  return number;
}

Json OfKind(const FieldSpec& field) {
  switch (field.kind) {
    case FieldKind::kText:
      return Text();
    case FieldKind::kChoice:
      return {{"enum", field.choices}};
    case FieldKind::kFlag:
      return {{"type", "boolean"}};
    case FieldKind::kInteger:
      return Number(field, "integer");
    case FieldKind::kNumber:
      return Unbounded(field, Number(field, "number"));
    case FieldKind::kDuration:
    case FieldKind::kSize:
      return Quantity(field);
    case FieldKind::kValue:
      return DefaultValue();
    case FieldKind::kTexts:
      return ListOf(field, Text());
    case FieldKind::kNames:
    case FieldKind::kReferences:
    case FieldKind::kFunctions:
    case FieldKind::kWindows:
      return ListOf(field, Pattern(field));
    case FieldKind::kTextMap:
    case FieldKind::kColumnMap:
      return Map(field);
    case FieldKind::kObject:
      return Reference(*field.object);
    case FieldKind::kObjects:
      return ListOf(field, Reference(*field.object));
    default:
      return Pattern(field);
  }
}

Json OfField(const FieldSpec& field) {
  Json schema = OfKind(field);
  schema["description"] = field.doc;
  if (!field.default_text.empty()) {
    // As JSON where it is JSON: 0.5, false; else a text.
    const Json value = Json::parse(field.default_text, nullptr, false);
    schema["default"] = value.is_discarded() ? Json(field.default_text) : value;
  }
  return schema;
}

Json OfObject(const ObjectSpec& spec) {
  Json schema = {{"type", "object"},
                 {"description", spec.doc},
                 {"additionalProperties", false}};
  Json required = Json::array();
  for (const FieldSpec& field : spec.fields) {
    schema["properties"][std::string(field.name)] = OfField(field);
    if (field.required) required.push_back(field.name);
  }
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

void AddDefinitions(const ObjectSpec& spec, Json& definitions) {
  for (const FieldSpec& field : spec.fields) {
    if (field.object == nullptr) continue;
    definitions[DefinitionName(*field.object)] = OfObject(*field.object);
    AddDefinitions(*field.object, definitions);
  }
}

}  // namespace

std::string JsonSchema() {
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                 {"title", "Freshet's definitions and settings"}};
  schema.update(OfObject(FileSpec()));
  schema["patternProperties"] = {{"^x-", Json::object()}};
  for (const std::string_view part : kDefinedParts) {
    schema["dependentRequired"][std::string(part)] = Json::array({"project"});
  }
  Json either = Json::array();
  for (const FieldSpec& field : FileSpec().fields) {
    either.push_back({{"required", Json::array({field.name})}});
  }
  schema["anyOf"] = std::move(either);
  AddDefinitions(FileSpec(), schema["$defs"]);
  return schema.dump(2) + "\n";
}

}  // namespace freshet
