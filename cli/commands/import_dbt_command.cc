// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/dbt/draft.h"
#include "cli/text.h"

namespace freshet {
namespace {

// More than the largest projects write.
constexpr size_t kBytesMax = size_t{1} << 30;

struct ImportOptions {
  std::string manifest;
  std::string catalog;
  std::vector<std::string> models;
};

ExitCode Refuse(const Terminal& terminal, ExitCode code,
                std::string_view message) {
  terminal.Error("freshet: {}\n", Printable(message));
  return code;
}

// Reads a file and has `use` take it; says what is wrong.
template <typename Use>
ExitCode WithFile(const Terminal& terminal, const std::string& file,
                  const Use& use) {
  const auto text = ReadFile(file, kBytesMax);
  if (!text.ok()) {
    return Refuse(terminal, kNoFile, std::string(text.status().message()));
  }
  const absl::Status status = use(*text);
  if (status.ok()) return kOk;
  return Refuse(terminal, kBadFile,
                fmt::format("'{}': {}", file, std::string(status.message())));
}

std::string DraftJson(const DefinitionDraft& draft) {
  nlohmann::ordered_json json;
  json["draft"] = draft.yaml;
  json["right"] = draft.IsRight();
  json["open"] = nlohmann::json::array();
  for (const OpenPoint& point : draft.open) {
    json["open"].push_back(
        {{"model", point.model}, {"message", point.message}});
  }
  json["problems"] = nlohmann::json::array();
  for (const Problem& problem : draft.problems) {
    json["problems"].push_back({{"line", problem.at.line},
                                {"column", problem.at.column},
                                {"message", problem.message}});
  }
  return json.dump(2, ' ', false,
                   nlohmann::ordered_json::error_handler_t::replace);
}

ExitCode Print(Connection& connection, const DefinitionDraft& draft) {
  const Terminal& terminal = connection.terminal();
  const ExitCode code = draft.IsRight() ? kOk : kBadFile;
  if (connection.json()) {
    terminal.Print("{}\n", DraftJson(draft));
    return code;
  }
  terminal.Print("{}", draft.yaml);
  for (const OpenPoint& point : draft.open) {
    terminal.Error("freshet: model '{}': {}\n", Printable(point.model),
                   Printable(point.message));
  }
  terminal.Error("{}", FormatProblems("draft", draft.problems));
  if (!draft.open.empty()) {
    terminal.Error(
        "freshet: {} point{} of the draft wait{} for you; then `freshet check` "
        "it.\n",
        draft.open.size(), draft.open.size() == 1 ? "" : "s",
        draft.open.size() == 1 ? "s" : "");
  }
  return code;
}

ExitCode Import(Connection& connection, const ImportOptions& options) {
  const Terminal& terminal = connection.terminal();
  DbtProject project;
  ExitCode code =
      WithFile(terminal, options.manifest, [&project](const std::string& text) {
        auto read = ReadDbtManifest(text);
        absl::Status status = read.status();
        if (status.ok()) project = *std::move(read);
        return status;
      });
  if (code == kOk && !options.catalog.empty()) {
    code = WithFile(terminal, options.catalog,
                    [&project](const std::string& text) {
                      return AddDbtCatalog(text, project);
                    });
  }
  if (code != kOk) return code;
  const auto models = SelectModels(project, options.models);
  if (!models.ok()) {
    return Refuse(terminal, kFailed, std::string(models.status().message()));
  }
  return Print(connection, DraftDefinitions(project, *models));
}

}  // namespace

void AddImportDbtCommand(Commands& commands) {
  Connection& connection = commands.connection;
  auto options = std::make_shared<ImportOptions>();
  CLI::App& import = commands.Add(
      "import-dbt", "Draft definitions from the models of a dbt project",
      [&connection, options] { return Import(connection, *options); });
  import
      .add_option("manifest", options->manifest, "dbt's target/manifest.json")
      ->required();
  import.add_option("--catalog", options->catalog,
                    "dbt's target/catalog.json, for types as they are");
  import.add_option("--select", options->models,
                    "Models, instead of those with meta.freshet");
}

}  // namespace freshet
