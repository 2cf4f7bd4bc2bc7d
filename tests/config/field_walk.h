// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "config/file/fields.h"

namespace freshet {

// A field of the table with the place where FullDocument has it.
struct PlacedField {
  nlohmann::json::json_pointer at;
  const FieldSpec* field = nullptr;
};

inline void WalkFields(const ObjectSpec& spec,
                       const nlohmann::json::json_pointer& at,
                       std::vector<PlacedField>& placed) {
  for (const FieldSpec& field : spec.fields) {
    const auto here = at / std::string(field.name);
    placed.push_back({here, &field});
    if (field.kind == FieldKind::kObject) {
      WalkFields(*field.object, here, placed);
    }
    if (field.kind == FieldKind::kObjects) {
      WalkFields(*field.object, here / 0, placed);
    }
  }
}

inline std::vector<PlacedField> AllFields() {
  std::vector<PlacedField> placed;
  WalkFields(FileSpec(), nlohmann::json::json_pointer(), placed);
  return placed;
}

// A default as a file would have it.
inline nlohmann::json DefaultOf(const FieldSpec& field) {
  const auto value = nlohmann::json::parse(field.default_text, nullptr, false);
  const std::string text(field.default_text);
  return value.is_discarded() ? nlohmann::json(text) : value;
}

}  // namespace freshet
