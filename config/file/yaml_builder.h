// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/file/yaml_tree.h"

namespace freshet {

// Builds a tree from the events of one document, in their order. Once the
// document is deeper or larger than allowed it ignores the rest. Not
// thread-safe.
class YamlBuilder {
 public:
  explicit YamlBuilder(std::vector<Problem>& problems) : problems_(problems) {}

  // `anchor`: 0, or the number by which an alias may come back to the node.
  void Scalar(YamlNode node, size_t anchor);
  void Alias(Position at, size_t anchor);
  void Start(YamlNode::Kind kind, Position at, size_t anchor);
  void End();

  // Null after a refusal, and when nothing came.
  YamlNode::Ptr root() const { return refused_ ? nullptr : root_; }

 private:
  struct Open {
    std::shared_ptr<YamlNode> node;
    size_t anchor = 0;
    // Of a mapping: the key that waits for its value, what `<<` named, and
    // the names so far.
    YamlNode::Ptr key;
    std::vector<YamlNode::Ptr> merges;
    std::map<std::string, Position, std::less<>> seen;
  };

  void Add(YamlNode::Ptr node);
  void AddField(Open& open, YamlNode::Ptr value);
  void Merge(Open& open);
  void MergeOne(Open& open, const YamlNode& from);
  void Refuse(Position at, std::string message);

  std::vector<Problem>& problems_;
  std::vector<Open> stack_;
  std::map<size_t, YamlNode::Ptr> anchors_;  // Null while its node is open.
  YamlNode::Ptr root_;
  bool refused_ = false;
};

}  // namespace freshet
