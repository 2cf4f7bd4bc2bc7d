// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "features/expressions/syntax/syntax.h"

namespace freshet {

// Puts a SyntaxTree together, from the leaves up. Each Add returns the index
// of the new node, for those above it.
class TreeBuilder {
 public:
  size_t AddColumn(size_t offset, std::string name);
  size_t AddLiteral(size_t offset, Kind kind, Value value);
  size_t AddNull(size_t offset) {
    return AddLiteral(offset, Kind::kBool, Value());
  }
  size_t AddCall(size_t offset, std::string_view name,
                 std::vector<size_t> children);
  size_t AddCase(size_t offset, std::vector<size_t> children);
  // Of the node `child`, to `type`. Requires: `what` is kCast or kTryCast.
  size_t AddCast(Node::What what, size_t offset, size_t child,
                 const Type& type);

  SyntaxTree Finish() && { return std::move(nodes_); }

 private:
  Node& Add(Node::What what, size_t offset);

  SyntaxTree nodes_;
};

}  // namespace freshet
