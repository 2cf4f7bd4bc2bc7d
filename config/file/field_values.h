// SPDX-License-Identifier: Apache-2.0
// One YAML node as the value that a field takes. INVALID_ARGUMENT says what
// the field takes and what stands there.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "config/file/fields.h"
#include "config/file/yaml_tree.h"
#include "config/value.h"

namespace freshet {

// Of the kinds that are texts, with the pattern, the choices and the sense
// (a port's range, a day that there is) checked.
absl::StatusOr<std::string> TextOf(const FieldSpec& field,
                                   const YamlNode& node);

absl::StatusOr<bool> FlagOf(const YamlNode& node);

// kInteger, kDuration (microseconds) or kSize (bytes), within its range.
absl::StatusOr<int64_t> IntegerOf(const FieldSpec& field, const YamlNode& node);

absl::StatusOr<double> NumberOf(const FieldSpec& field, const YamlNode& node);

// A default value. Texts of strings are taken as they are.
absl::StatusOr<Value> ValueOf(const Type& type, const YamlNode& node);

// "nothing", "the text 'abc'", "a list", ... , shortened.
std::string Describe(const YamlNode& node);

}  // namespace freshet
