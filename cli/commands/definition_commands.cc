// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/definition_file.h"

namespace freshet {
namespace {

size_t CountFeatures(const Definitions& definitions) {
  size_t features = 0;
  for (const auto& view : definitions.batch_views) {
    if (!view.history) features += view.features.size();
  }
  for (const WindowedView& view : definitions.stream_views) {
    features += WindowFeatureNames(view).size();
  }
  return features;
}

// A history is that of its stream view.
size_t CountViews(const Definitions& definitions) {
  const auto& batch = definitions.batch_views;
  return static_cast<size_t>(
             std::count_if(batch.begin(), batch.end(),
                           [](const auto& view) { return !view.history; })) +
         definitions.stream_views.size();
}

// What `check --json` prints, of a right file and of a wrong one.
std::string CheckJson(const std::string& file, const ParsedFile& parsed) {
  const Definitions& definitions = parsed.definitions;
  nlohmann::ordered_json json;
  json["file"] = file;
  json["right"] = parsed.problems.empty();
  json["entities"] = definitions.entities.size();
  json["views"] = CountViews(definitions);
  json["features"] = CountFeatures(definitions);
  json["services"] = definitions.services.size();
  json["problems"] = nlohmann::json::array();
  for (const Problem& problem : parsed.problems) {
    json["problems"].push_back({{"line", problem.at.line},
                                {"column", problem.at.column},
                                {"message", problem.message}});
  }
  return json.dump(2, ' ', false,
                   nlohmann::ordered_json::error_handler_t::replace);
}

ExitCode Check(Connection& connection, const std::string& file) {
  const Terminal& terminal = connection.terminal();
  ParsedFile parsed;
  const ExitCode code = ReadDefinitionFile(terminal, file, &parsed);
  if (code == kNoFile) return code;
  if (connection.json()) {
    terminal.Print("{}\n", CheckJson(file, parsed));
    return code;
  }
  if (code != kOk) {
    PrintProblems(terminal, file, parsed, "");
    return code;
  }
  const Definitions& definitions = parsed.definitions;
  terminal.Print(
      "'{}' is right (entities: {}, views: {}, features: {}, services: {}).\n",
      file, definitions.entities.size(), CountViews(definitions),
      CountFeatures(definitions), definitions.services.size());
  return kOk;
}

}  // namespace

void AddDefinitionCommands(Commands& commands) {
  Connection& connection = commands.connection;

  auto file = std::make_shared<std::string>();
  CLI::App& check =
      commands.Add("check", "Check a definition file, without a daemon",
                   [&connection, file] { return Check(connection, *file); });
  check.add_option("file", *file, "The YAML file")->required();

  AddApplyCommand(commands);

  commands.Add("schema", "Print the JSON Schema of the file, for editors",
               [&connection] {
                 connection.terminal().Print("{}\n", JsonSchema());
                 return kOk;
               });
}

}  // namespace freshet
