// SPDX-License-Identifier: Apache-2.0
#include "cli/key_arguments.h"

#include "base/error.h"
#include "base/status.h"
#include "config/value.h"

namespace freshet {
namespace {

std::vector<std::string> SplitValues(std::string_view text) {
  std::vector<std::string> values(1);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == ',') {
      values.back() += text[++i];
    } else if (text[i] == ',') {
      values.emplace_back();
    } else {
      values.back() += text[i];
    }
  }
  return values;
}

absl::StatusOr<KeyArgument> ParseOne(const std::string& text, bool shared,
                                     const std::map<std::string, Type>& types) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    return InvalidArgument("'{}': want NAME=VALUE[,VALUE...]", text);
  }
  KeyArgument argument;
  argument.name = text.substr(0, equals);
  argument.shared = shared;
  argument.type.kind = Kind::kString;
  const size_t colon = argument.name.find(':');
  if (colon != std::string::npos) {
    ASSIGN_OR_RETURN(argument.type,
                     Type::Parse(argument.name.substr(colon + 1)));
    argument.name.resize(colon);
  } else if (const auto it = types.find(argument.name); it != types.end()) {
    argument.type = it->second;
  }
  argument.values = SplitValues(std::string_view(text).substr(equals + 1));
  return argument;
}

// Values of one name are one column of the request.
absl::Status CheckSame(const KeyArgument& known, const KeyArgument& more) {
  if (known.shared != more.shared) {
    return InvalidArgument(
        "key '{}' stands in --key and in --shared: give it with --shared if it "
        "has one value for all entities, else with --key",
        known.name);
  }
  if (known.type == more.type) return absl::OkStatus();
  return InvalidArgument("key '{}' is given as {} and as {}; it has one type",
                         known.name, known.type.ToString(),
                         more.type.ToString());
}

}  // namespace

absl::StatusOr<std::vector<KeyArgument>> ParseKeyArguments(
    const std::vector<std::string>& per_row,
    const std::vector<std::string>& shared,
    const std::map<std::string, Type>& types) {
  std::vector<KeyArgument> arguments;
  const auto add = [&](const std::string& text, bool is_shared) {
    ASSIGN_OR_RETURN(KeyArgument parsed, ParseOne(text, is_shared, types));
    for (KeyArgument& known : arguments) {
      if (known.name != parsed.name) continue;
      RETURN_IF_ERROR(CheckSame(known, parsed));
      known.values.insert(known.values.end(), parsed.values.begin(),
                          parsed.values.end());
      return absl::OkStatus();
    }
    arguments.push_back(std::move(parsed));
    return absl::OkStatus();
  };
  for (const std::string& text : per_row) RETURN_IF_ERROR(add(text, false));
  for (const std::string& text : shared) RETURN_IF_ERROR(add(text, true));
  return arguments;
}

absl::StatusOr<v1::KeyColumn> ToKeyColumn(const KeyArgument& argument) {
  v1::KeyColumn column;
  column.set_name(argument.name);
  column.set_shared(argument.shared);
  for (const std::string& text : argument.values) {
    // A string is what was typed, with no quotes to think of.
    if (argument.type.kind == Kind::kString) {
      column.add_strings(text);
      continue;
    }
    absl::StatusOr<Value> value = ParseValue(argument.type, text);
    if (!value.ok() || value->IsNull()) {
      return InvalidArgument("key '{}': '{}' is no {}", argument.name, text,
                             argument.type.ToString());
    }
    if (argument.type.kind == Kind::kBytes) {
      column.add_bytes(std::get<std::string>(value->v));
    } else if (argument.type.kind == Kind::kInt64) {
      column.add_int64s(std::get<int64_t>(value->v));
    } else {
      return InvalidArgument(
          "key '{}': a key is a string, an int64 or bytes, "
          "not {}",
          argument.name, argument.type.ToString());
    }
  }
  return column;
}

}  // namespace freshet
