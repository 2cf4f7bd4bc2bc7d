// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace freshet {

// The numbers are on disk and in the API: never change or reuse one.
enum class Kind : uint8_t {
  kBool = 1,
  kInt32 = 2,
  kInt64 = 3,
  kFloat = 4,
  kDouble = 5,
  kString = 6,
  kBytes = 7,
  kTimestamp = 8,  // Microseconds since 1970-01-01T00:00:00Z.
  kDecimal = 9,    // An int64 of units of 10^-scale; precision <= 18.
};

// The type of a feature or of a join key.
//
// Written `int64`, `string`, `decimal(10,2)`, `list<string>`, and `float[128]`
// for a list of a fixed length without nulls in it (an embedding; float only).
struct Type {
  Kind kind = Kind::kInt64;
  bool list = false;          // Of any length; may hold nulls.
  uint32_t fixed_length = 0;  // > 0: exactly so many, no nulls.
  uint8_t precision = 0;      // Decimal only.
  uint8_t scale = 0;          // Decimal only.

  bool operator==(const Type&) const = default;

  // Whether values need bytes beyond a fixed-width slot.
  bool IsVariable() const {
    return list || kind == Kind::kString || kind == Kind::kBytes;
  }

  // INVALID_ARGUMENT names `text`, what is wrong, and the types there are.
  static absl::StatusOr<Type> Parse(std::string_view text);
  std::string ToString() const;
};

// Bytes of one fixed-width element: 1, 4 or 8; 0 for string and bytes.
uint32_t ElementWidth(Kind kind);

// Whether every value of `from` is a value of `to`: equal types, int32 to
// int64, float to double (docs/semantics.md, rule 13).
bool WidensTo(const Type& from, const Type& to);

}  // namespace freshet
