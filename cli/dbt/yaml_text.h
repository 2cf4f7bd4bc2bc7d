// SPDX-License-Identifier: Apache-2.0
// JSON values as YAML that a person would write.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace freshet {

// On one line, such as `{name: age, type: int32}`; quoted only where it must.
std::string YamlFlow(const nlohmann::ordered_json& value);

// `name: value` and a line end, indented by so many blanks: on one line where
// it fits 80 columns, else its parts on lines of their own.
std::string YamlField(size_t indent, std::string_view name,
                      const nlohmann::ordered_json& value);

// The same of an item of a list, `- value`.
std::string YamlItem(size_t indent, const nlohmann::ordered_json& value);

}  // namespace freshet
