// SPDX-License-Identifier: Apache-2.0
#include "config/parse.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <tuple>

#include "config/file/fields.h"
#include "config/file/object_reader.h"
#include "config/file/parse_definitions.h"
#include "config/file/parse_settings.h"
#include "config/file/yaml_tree.h"

namespace freshet {
namespace {

// Nobody reads more, and the text goes into a reply's status.
constexpr size_t kProblemsShown = 200;

bool IsBefore(const Problem& a, const Problem& b) {
  return std::tie(a.at.line, a.at.column) < std::tie(b.at.line, b.at.column);
}

bool IsSame(const Problem& a, const Problem& b) {
  return a.at.line == b.at.line && a.at.column == b.at.column &&
         a.message == b.message;
}

bool HasField(const YamlNode& root, std::string_view name) {
  return std::any_of(
      root.fields.begin(), root.fields.end(),
      [name](const auto& field) { return field.first->text == name; });
}

// Which parts are there. Settings alone need no project.
void FindParts(const YamlNode& root, ParsedFile& file) {
  file.has_settings = HasField(root, "settings");
  const bool has_things =
      std::any_of(kDefinedParts.begin(), kDefinedParts.end(),
                  [&](std::string_view name) { return HasField(root, name); });
  const bool has_project = HasField(root, "project");
  file.has_definitions = has_project || has_things;
  if (has_things && !has_project) {
    file.problems.push_back(
        {root.at, "the file has definitions but no 'project'; name it"});
  }
}

void ReadFile(const YamlNode& root, ParsedFile& file) {
  ObjectReader in(FileSpec(), root, file.problems);
  if (root.kind != YamlNode::Kind::kMapping) return;
  const bool misread = !file.problems.empty();
  FindParts(root, file);
  if (const YamlNode* settings = in.Find("settings")) {
    file.settings = ParseSettings(*settings, file.problems);
  }
  file.definitions = ParseDefinitions(in, misread, file.problems);
}

}  // namespace

std::string FormatProblems(std::string_view file,
                           const std::vector<Problem>& problems) {
  std::vector<Problem> sorted = problems;
  std::stable_sort(sorted.begin(), sorted.end(), IsBefore);
  std::string text;
  const size_t shown = std::min(sorted.size(), kProblemsShown);
  for (const Problem& problem : std::span(sorted).first(shown)) {
    text += fmt::format("{}:{}:{}: {}\n", file, problem.at.line,
                        problem.at.column, problem.message);
  }
  if (shown < sorted.size()) {
    text +=
        fmt::format("{}: and {} problems more\n", file, sorted.size() - shown);
  }
  return text;
}

ParsedFile ParseFile(std::string_view text) {
  ParsedFile file;
  const YamlNode::Ptr root = ParseYaml(text, file.problems);
  if (root != nullptr) ReadFile(*root, file);
  if (!file.has_settings && !file.has_definitions && file.problems.empty()) {
    file.problems.push_back(
        {{1, 1}, "the file has neither settings nor definitions"});
  }
  // A field that is looked at twice is complained of twice.
  auto& problems = file.problems;
  std::stable_sort(problems.begin(), problems.end(), IsBefore);
  problems.erase(std::unique(problems.begin(), problems.end(), IsSame),
                 problems.end());
  return file;
}

}  // namespace freshet
