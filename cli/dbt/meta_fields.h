// SPDX-License-Identifier: Apache-2.0
// What `meta.freshet` of a model or a column may hold, and JSON values that may
// be of any kind.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace freshet {

// Null where `json` is no object, or has no such field.
const nlohmann::ordered_json& JsonAt(const nlohmann::ordered_json& json,
                                     std::string_view name);
// "" where it is no text.
std::string JsonText(const nlohmann::ordered_json& json, std::string_view name);
// A text, or a list of them; what is neither is left out.
std::vector<std::string> JsonTexts(const nlohmann::ordered_json& value);
// Whether it is `true`, or `false`; null, texts and numbers are neither.
bool JsonIs(const nlohmann::ordered_json& value, bool flag);

// Fields of definitions that meta holds under their own names, in the order in
// which they are written.
extern const std::vector<std::string> kMetaFirstSourceFields;
extern const std::vector<std::string> kMetaLastSourceFields;
extern const std::vector<std::string> kMetaViewFields;
extern const std::vector<std::string> kMetaFeatureFields;

// A message for each field that nothing is known of.
std::vector<std::string> UnknownModelMeta(const nlohmann::ordered_json& meta);
std::vector<std::string> UnknownColumnMeta(const nlohmann::ordered_json& meta,
                                           std::string_view column);

}  // namespace freshet
