// SPDX-License-Identifier: Apache-2.0
#include "config/overrides.h"

#include <yaml-cpp/yaml.h>

#include "base/error.h"
#include "base/status.h"
#include "config/parse.h"

namespace freshet {
namespace {

// Sets `root[a][b]` for the name `a.b`.
absl::Status SetNode(const std::string& set, const YAML::Node& root) {
  const size_t equals = set.find('=');
  std::string name = set.substr(0, equals);
  if (name.starts_with("settings.")) name = name.substr(9);
  if (equals == std::string::npos || name.empty()) {
    return InvalidArgument(
        "--set '{}': write name=value, such as listen.data=127.0.0.1:0", set);
  }
  YAML::Node node = root;
  for (size_t dot = name.find('.'); dot != std::string::npos;
       dot = name.find('.')) {
    // Assignment would write through; reset makes it another node.
    node.reset(node[name.substr(0, dot)]);
    name = name.substr(dot + 1);
  }
  node[name] = YAML::Load(set.substr(equals + 1));
  return absl::OkStatus();
}

absl::StatusOr<Settings> Override(const std::string& text,
                                  const std::vector<std::string>& sets) {
  const YAML::Node file = YAML::Load(text);
  YAML::Node root;
  root["settings"] =
      file["settings"] ? file["settings"] : YAML::Node(YAML::NodeType::Map);
  for (const std::string& set : sets) {
    RETURN_IF_ERROR(SetNode(set, root["settings"]));
  }
  YAML::Emitter emitter;
  emitter << root;
  // Through text, so that overrides meet the same checks as the file.
  const ParsedFile parsed = ParseFile(emitter.c_str());
  if (parsed.problems.empty()) return parsed.settings;
  return InvalidArgument("--set: {}", parsed.problems.front().message);
}

}  // namespace

absl::StatusOr<Settings> OverrideSettings(
    const std::string& text, const std::vector<std::string>& sets) {
  try {
    return Override(text, sets);
  } catch (const YAML::Exception& error) {
    return InvalidArgument("--set: {}", error.what());
  }
}

}  // namespace freshet
