// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "config/type.h"

namespace freshet {

// One value, with its type known elsewhere: defaults, keys typed by people,
// tests. Not used on the path of a request, where values stay bytes.
//
// null: monostate. bool: bool. int32, int64, timestamp (microseconds) and
// decimal (unscaled): int64_t. float and double: double. string and bytes:
// std::string. Lists: a vector.
struct Value {
  using List = std::vector<Value>;
  std::variant<std::monostate, bool, int64_t, double, std::string, List> v;

  Value() = default;
  template <typename T>
  requires(!std::is_same_v<std::remove_cvref_t<T>, Value>) explicit Value(T&& t)
      : v(std::forward<T>(t)) {}

  bool IsNull() const { return std::holds_alternative<std::monostate>(v); }
  // Equality of bits: NaN equals NaN, and 0.0 is not -0.0.
  bool operator==(const Value& other) const;
};

// Reads what a person writes: `3.50` as decimal(10,2), RFC 3339 as timestamp,
// `0x…` hexadecimal as bytes, `[1, 2]` as a list, `null`. INVALID_ARGUMENT says
// what the type wants.
absl::StatusOr<Value> ParseValue(const Type& type, std::string_view text);

// The text that ParseValue reads back to the same value.
std::string FormatValue(const Type& type, const Value& value);

}  // namespace freshet
