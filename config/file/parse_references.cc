// SPDX-License-Identifier: Apache-2.0
#include "config/file/parse_references.h"

#include <fmt/ranges.h>

#include <set>
#include <tuple>

namespace freshet {
namespace {

// From so many problems on, names are not compared any more: that takes time,
// and a hostile file could make it long.
constexpr size_t kProblemsWithAdvice = 100;

std::string Advice(const std::string& name,
                   const std::vector<std::string>& known) {
  const auto nearest = NearestNames(name, known, 1);
  if (!nearest.empty()) {
    return fmt::format("did you mean '{}'?", nearest.front());
  }
  return "define it under 'entities'";
}

}  // namespace

std::vector<FeatureRef> SplitReference(std::string_view text, Position at) {
  const size_t end = text.find_first_of(".[");
  const std::string view(text.substr(0, end));
  if (end == text.npos) return {{view, "*", at}};
  std::string_view rest = text.substr(end + 1);
  if (text[end] == '.') return {{view, std::string(rest), at}};
  std::vector<FeatureRef> refs;
  while (!rest.empty()) {
    const size_t begin = rest.find_first_not_of(" ,]");
    if (begin == rest.npos) break;
    rest.remove_prefix(begin);
    const size_t length = rest.find_first_of(" ,]");
    refs.push_back({view, std::string(rest.substr(0, length)), at});
    rest.remove_prefix(length);
  }
  return refs;
}

void CheckEntityReferences(const Definitions& definitions,
                           const std::vector<EntityReference>& references,
                           std::vector<Problem>& problems) {
  std::vector<std::string> known;
  bool all_known = !definitions.misread;
  for (const Entity& entity : definitions.entities) {
    if (entity.name.empty()) {
      all_known = false;
    } else {
      known.push_back(entity.name);
    }
  }
  const std::set<std::string_view> set(known.begin(), known.end());
  std::set<std::tuple<int, int, std::string_view>> seen;
  for (const EntityReference& ref : references) {
    if (!set.contains(ref.name)) {
      if (!all_known) continue;  // Perhaps it is the one misread.
      const std::string advice = problems.size() > kProblemsWithAdvice
                                     ? "define it under 'entities'"
                                     : Advice(ref.name, known);
      problems.push_back(
          {ref.at, fmt::format("view '{}' names an entity '{}' that is not "
                               "defined; {}",
                               ref.view, ref.name, advice)});
    } else if (!seen.emplace(ref.view_at.line, ref.view_at.column, ref.name)
                    .second) {
      problems.push_back(
          {ref.at, fmt::format("view '{}' names entity '{}' twice; remove one",
                               ref.view, ref.name)});
    }
  }
}

}  // namespace freshet
