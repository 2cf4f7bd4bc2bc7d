// SPDX-License-Identifier: Apache-2.0
// Names that must be there once, and names that must be there at all.
#pragma once

#include <fmt/format.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/parse.h"

namespace freshet {

// A problem for each of `things` that has the name of one before it.
template <typename T>
void AddDuplicates(std::string_view kind, const std::vector<T>& things,
                   std::vector<Problem>& problems) {
  std::map<std::string_view, int> first_lines;
  for (const T& thing : things) {
    if (thing.name.empty()) continue;  // A problem already.
    const auto [first, is_new] = first_lines.emplace(thing.name, thing.at.line);
    if (is_new) continue;
    problems.push_back(
        {thing.at, fmt::format("{} '{}' is defined twice, first in line {}; "
                               "rename or remove one",
                               kind, thing.name, first->second)});
  }
}

// `view`, `view.feature`, `view.*` or `view[a, b]` as the features that it
// names. Requires: `text` has that form.
std::vector<FeatureRef> SplitReference(std::string_view text, Position at);

struct EntityReference {
  std::string name;
  Position at;
  std::string view;
  Position view_at;  // Two views may have one name, or none.
};

// A problem for each reference to no entity, and for each that a view has
// twice.
void CheckEntityReferences(const Definitions& definitions,
                           const std::vector<EntityReference>& references,
                           std::vector<Problem>& problems);

}  // namespace freshet
