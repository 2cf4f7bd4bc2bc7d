// SPDX-License-Identifier: Apache-2.0
#include "config/file/yaml_builder.h"

#include <fmt/format.h>

#include <utility>

namespace freshet {
namespace {

constexpr size_t kNodeWeight = 32;

}  // namespace

void YamlBuilder::Refuse(Position at, std::string message) {
  problems_.push_back({at, std::move(message)});
  refused_ = true;
  stack_.clear();
  anchors_.clear();
}

void YamlBuilder::Scalar(YamlNode node, size_t anchor) {
  if (refused_) return;
  node.weight = kNodeWeight + node.text.size();
  // An empty value is nowhere, or after the line's end: show its field.
  if (node.kind == YamlNode::Kind::kNull && !stack_.empty() &&
      stack_.back().key != nullptr) {
    node.at = stack_.back().key->at;
  }
  auto shared = std::make_shared<const YamlNode>(std::move(node));
  if (anchor != 0) anchors_[anchor] = shared;
  Add(std::move(shared));
}

void YamlBuilder::Alias(Position at, size_t anchor) {
  if (refused_) return;
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end() || found->second == nullptr) {
    return Refuse(at,
                  "this alias stands inside the node that it repeats; "
                  "write the node out");
  }
  Add(found->second);
}

void YamlBuilder::Start(YamlNode::Kind kind, Position at, size_t anchor) {
  if (refused_) return;
  if (stack_.size() >= kYamlDepthMax) {
    return Refuse(at, fmt::format("this is nested more than {} deep; "
                                  "no field of a definition is",
                                  kYamlDepthMax));
  }
  Open open;
  open.node = std::make_shared<YamlNode>();
  open.node->kind = kind;
  open.node->at = at;
  open.node->weight = kNodeWeight;
  if (anchor != 0) anchors_[anchor] = nullptr;
  open.anchor = anchor;
  stack_.push_back(std::move(open));
}

void YamlBuilder::End() {
  if (refused_) return;
  Open open = std::move(stack_.back());
  stack_.pop_back();
  Merge(open);
  if (open.anchor != 0) anchors_[open.anchor] = open.node;
  Add(std::move(open.node));
}

void YamlBuilder::Add(YamlNode::Ptr node) {
  if (stack_.empty()) {
    root_ = std::move(node);
    return;
  }
  Open& open = stack_.back();
  open.node->weight += node->weight;
  if (open.node->weight > kYamlExpandedMax) {
    return Refuse(open.node->at,
                  fmt::format("this grows to more than {} MiB when its aliases "
                              "are written out; use fewer aliases",
                              kYamlExpandedMax >> 20));
  }
  if (open.node->kind == YamlNode::Kind::kSequence) {
    open.node->items.push_back(std::move(node));
  } else if (open.key == nullptr) {
    open.key = std::move(node);
  } else {
    AddField(open, std::move(node));
  }
}

void YamlBuilder::AddField(Open& open, YamlNode::Ptr value) {
  const YamlNode::Ptr key = std::exchange(open.key, nullptr);
  if (!key->IsScalar()) {
    problems_.push_back({key->at, "a field's name must be one word"});
    return;
  }
  if (key->kind == YamlNode::Kind::kPlain && key->text == "<<") {
    open.merges.push_back(std::move(value));
    return;
  }
  const auto [first, is_new] = open.seen.emplace(key->text, key->at);
  if (!is_new) {
    problems_.push_back(
        {key->at, fmt::format("'{}' stands here twice, first in line {}; "
                              "remove one of the two",
                              key->text, first->second.line)});
    return;
  }
  open.node->fields.emplace_back(key, std::move(value));
}

// After all of a mapping's own fields, which win over merged ones.
void YamlBuilder::Merge(Open& open) {
  for (const YamlNode::Ptr& from : open.merges) {
    if (from->kind != YamlNode::Kind::kSequence) {
      MergeOne(open, *from);
      continue;
    }
    for (const YamlNode::Ptr& item : from->items) MergeOne(open, *item);
  }
}

void YamlBuilder::MergeOne(Open& open, const YamlNode& from) {
  if (from.kind != YamlNode::Kind::kMapping) {
    problems_.push_back({from.at, "'<<' takes a mapping or a list of them"});
    return;
  }
  for (const auto& [key, value] : from.fields) {
    if (open.seen.emplace(key->text, key->at).second) {
      open.node->fields.emplace_back(key, value);
    }
  }
}

}  // namespace freshet
