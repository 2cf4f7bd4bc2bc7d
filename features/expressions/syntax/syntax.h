// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "config/type.h"
#include "config/value.h"

namespace freshet {

// A part of an expression: what it does to which other parts.
struct Node {
  enum class What : uint8_t {
    kColumn,   // name
    kLiteral,  // value, of type; NULL has no type yet
    kCall,     // name(children), operators too
    kCase,     // WHEN, THEN, WHEN, THEN, ..., ELSE
    kCast,     // child to type
    kTryCast,
  };
  What what = What::kLiteral;
  size_t offset = 0;  // In the text.
  std::string name;
  Type type;
  Value value;
  std::vector<size_t> children;  // Indices into the nodes.
};

// An expression's parts, each after those that it is made of; the last one is
// the whole. One part may stand in several others (`x` of `x BETWEEN …`), so
// that no shorthand costs more than it is long.
using SyntaxTree = std::vector<Node>;

// What keeps the cost of an expression in bounds.
inline constexpr size_t kExpressionBytesMax = 4096;
inline constexpr size_t kExpressionDepthMax = 64;

// Operators are calls of these names, which no text can spell.
inline constexpr std::string_view kNegate = "unary -";

// INVALID_ARGUMENT of ErrorAt says what is wrong, and where.
absl::StatusOr<SyntaxTree> ParseExpression(std::string_view text);

}  // namespace freshet
