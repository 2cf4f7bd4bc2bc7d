// SPDX-License-Identifier: Apache-2.0
#include "config/file/object_reader.h"

#include <fmt/ranges.h>

#include "base/check.h"
#include "config/file/field_values.h"

namespace freshet {
namespace {

using NodeKind = YamlNode::Kind;

bool IsList(FieldKind kind) {
  switch (kind) {
    case FieldKind::kObjects:
    case FieldKind::kTexts:
    case FieldKind::kNames:
    case FieldKind::kReferences:
    case FieldKind::kFunctions:
    case FieldKind::kWindows:
      return true;
    default:
      return false;
  }
}

bool IsMapping(FieldKind kind) {
  return kind == FieldKind::kObject || kind == FieldKind::kTextMap ||
         kind == FieldKind::kColumnMap;
}

// The parser's own names for things, not the user's, may begin with x-.
bool IsIgnored(const ObjectSpec& spec, const std::string& name) {
  return &spec == &FileSpec() && name.starts_with("x-");
}

}  // namespace

ObjectReader::ObjectReader(const ObjectSpec& spec, const YamlNode& node,
                           std::vector<Problem>& problems)
    : spec_(spec), node_(node), problems_(problems) {
  if (node.kind == NodeKind::kMapping) {
    CheckNames();
    return;
  }
  problems.push_back(
      {node.at, fmt::format("{} takes fields ({}), not {}", spec.name,
                            fmt::join(spec.Names(), ", "), Describe(node))});
}

void ObjectReader::CheckNames() {
  for (const auto& [key, value] : node_.fields) {
    if (spec_.Find(key->text) == nullptr && !IsIgnored(spec_, key->text)) {
      AddUnknown(*key);
    }
  }
  for (const FieldSpec& field : spec_.fields) {
    if (!field.required) continue;
    bool found = false;
    for (const auto& [key, value] : node_.fields) {
      found = found || key->text == field.name;
    }
    if (found) continue;
    problems_.push_back({node_.at, fmt::format("{} lacks '{}'; add it",
                                               spec_.name, field.name)});
  }
}

void ObjectReader::AddUnknown(const YamlNode& key) {
  const auto names = spec_.Names();
  const auto nearest = NearestNames(key.text, names, 1);
  const std::string advice =
      nearest.empty() ? fmt::format("there are {}", fmt::join(names, ", "))
                      : fmt::format("did you mean '{}'?", nearest.front());
  problems_.push_back({key.at, fmt::format("{} has no field {}; {}", spec_.name,
                                           Describe(key), advice)});
}

const FieldSpec& ObjectReader::Spec(std::string_view name) const {
  const FieldSpec* spec = spec_.Find(name);
  CHECK(spec != nullptr);
  return *spec;
}

void ObjectReader::AddProblem(const YamlNode& at, std::string_view name,
                              std::string_view message) {
  problems_.push_back({at.at, fmt::format("'{}': {}", name, message)});
}

const YamlNode* ObjectReader::Find(std::string_view name) {
  for (const auto& [key, value] : node_.fields) {
    if (key->text == name) return Fitting(Spec(name), *value);
  }
  return nullptr;
}

const YamlNode* ObjectReader::Fitting(const FieldSpec& spec,
                                      const YamlNode& value) {
  if (value.kind == NodeKind::kNull) {
    AddProblem(value, spec.name, "is empty; give it a value or leave it out");
    return nullptr;
  }
  if (IsMapping(spec.kind) && value.kind != NodeKind::kMapping) {
    AddProblem(value, spec.name,
               fmt::format("takes a mapping, not {}", Describe(value)));
    return nullptr;
  }
  if (IsList(spec.kind) && value.kind != NodeKind::kSequence) {
    AddProblem(value, spec.name,
               fmt::format("takes a list, not {}", Describe(value)));
    return nullptr;
  }
  if (IsList(spec.kind) && spec.required && value.items.empty()) {
    AddProblem(value, spec.name, "is an empty list; it takes at least one");
    return nullptr;
  }
  return &value;
}

const std::vector<YamlNode::Ptr>& ObjectReader::Items(std::string_view name) {
  static const std::vector<YamlNode::Ptr> kNone;
  const YamlNode* node = Find(name);
  return node == nullptr ? kNone : node->items;
}

template <typename T>
void ObjectReader::Assign(const YamlNode& at, std::string_view name,
                          absl::StatusOr<T> value, T& target) {
  if (value.ok()) {
    target = *std::move(value);
  } else {
    AddProblem(at, name, std::string(value.status().message()));
  }
}

void ObjectReader::Read(std::string_view name, std::string& target) {
  const YamlNode* node = Find(name);
  if (node != nullptr) Assign(*node, name, TextOf(Spec(name), *node), target);
}

void ObjectReader::Read(std::string_view name, bool& target) {
  const YamlNode* node = Find(name);
  if (node != nullptr) Assign(*node, name, FlagOf(*node), target);
}

void ObjectReader::Read(std::string_view name, double& target) {
  const YamlNode* node = Find(name);
  if (node != nullptr) Assign(*node, name, NumberOf(Spec(name), *node), target);
}

void ObjectReader::Read(std::string_view name, int64_t& target, int64_t unit) {
  const YamlNode* node = Find(name);
  if (node == nullptr) return;
  int64_t value = target * unit;
  Assign(*node, name, IntegerOf(Spec(name), *node), value);
  target = value / unit;
}

void ObjectReader::Read(std::string_view name,
                        std::vector<std::string>& target) {
  const auto& items = Items(name);
  if (!items.empty()) target.clear();
  for (const YamlNode::Ptr& item : items) {
    std::string text;
    Assign(*item, name, TextOf(Spec(name), *item), text);
    if (!text.empty()) target.push_back(std::move(text));
  }
}

void ObjectReader::Read(std::string_view name,
                        std::map<std::string, std::string>& target) {
  const YamlNode* node = Find(name);
  if (node == nullptr) return;
  const FieldSpec text = {.kind = FieldKind::kText};
  for (const auto& [key, value] : node->fields) {
    // A tag's name may be any word; a column's name has a pattern.
    std::string word = key->text;
    const bool is_column = Spec(name).kind == FieldKind::kColumnMap;
    if (is_column || word.empty()) {
      word.clear();
      Assign(*key, name, TextOf(Spec(name), *key), word);
    }
    std::string word_value;
    Assign(*value, key->text, TextOf(text, *value), word_value);
    if (!word.empty()) target[word] = std::move(word_value);
  }
}

}  // namespace freshet
