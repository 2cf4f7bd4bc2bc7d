// SPDX-License-Identifier: Apache-2.0
#include "features/expressions/syntax/tree_builder.h"

namespace freshet {

Node& TreeBuilder::Add(Node::What what, size_t offset) {
  Node& node = nodes_.emplace_back();
  node.what = what;
  node.offset = offset;
  return node;
}

size_t TreeBuilder::AddColumn(size_t offset, std::string name) {
  Add(Node::What::kColumn, offset).name = std::move(name);
  return nodes_.size() - 1;
}

size_t TreeBuilder::AddLiteral(size_t offset, Kind kind, Value value) {
  Node& node = Add(Node::What::kLiteral, offset);
  node.type.kind = kind;
  node.value = std::move(value);
  return nodes_.size() - 1;
}

size_t TreeBuilder::AddCall(size_t offset, std::string_view name,
                            std::vector<size_t> children) {
  Node& node = Add(Node::What::kCall, offset);
  node.name = name;
  node.children = std::move(children);
  return nodes_.size() - 1;
}

size_t TreeBuilder::AddCase(size_t offset, std::vector<size_t> children) {
  Add(Node::What::kCase, offset).children = std::move(children);
  return nodes_.size() - 1;
}

size_t TreeBuilder::AddCast(Node::What what, size_t offset, size_t child,
                            const Type& type) {
  Node& node = Add(what, offset);
  node.type = type;
  node.children = {child};
  return nodes_.size() - 1;
}

}  // namespace freshet
