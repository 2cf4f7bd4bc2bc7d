// SPDX-License-Identifier: Apache-2.0
// A YAML document as a tree with positions: the border to yaml-cpp, whose
// headers and exceptions stay behind it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/definitions.h"
#include "config/parse.h"

namespace freshet {

// What an unquoted word is by YAML 1.2's core schema.
enum class PlainKind { kText, kBool, kInteger, kNumber };
PlainKind ResolvePlain(std::string_view word);

// One node; an alias shares the node of its anchor.
struct YamlNode {
  enum class Kind { kNull, kPlain, kQuoted, kSequence, kMapping };
  using Ptr = std::shared_ptr<const YamlNode>;

  Kind kind = Kind::kNull;
  Position at;
  std::string text;                         // kPlain, kQuoted.
  std::vector<Ptr> items;                   // kSequence.
  std::vector<std::pair<Ptr, Ptr>> fields;  // kMapping: keys are scalars, each
                                            // there once, `<<` merged in.
  size_t weight = 0;  // Bytes, about, with aliases written out.

  bool IsScalar() const {
    return kind == Kind::kPlain || kind == Kind::kQuoted;
  }
};

// What a hostile document may cost.
inline constexpr size_t kYamlDepthMax = 32;
// With every alias written out.
inline constexpr size_t kYamlExpandedMax = 16 << 20;

// The root of the one document in `text`; null if there is none, or if there
// is a problem so bad that nothing can be said about the rest. Never throws.
YamlNode::Ptr ParseYaml(std::string_view text, std::vector<Problem>& problems);

}  // namespace freshet
