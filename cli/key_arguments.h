// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "config/type.h"
#include "freshet/v1/online.pb.h"

namespace freshet {

// One `name=value,value` of the command line, or `name:type=value,...`.
struct KeyArgument {
  std::string name;
  bool shared = false;
  Type type;
  std::vector<std::string> values;  // As typed.
};

// Reads `--key` and `--shared` arguments; the same name again adds values, but
// not in both, and not of another type. A comma within a value is written
// `\,`. `types` are those of the applied definitions; a name that they lack is
// taken as a string.
absl::StatusOr<std::vector<KeyArgument>> ParseKeyArguments(
    const std::vector<std::string>& per_row,
    const std::vector<std::string>& shared,
    const std::map<std::string, Type>& types);

// INVALID_ARGUMENT names the value that is none of its type.
absl::StatusOr<v1::KeyColumn> ToKeyColumn(const KeyArgument& argument);

}  // namespace freshet
