// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cctype>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/text.h"
#include "config/parse.h"
#include "features/check.h"

namespace freshet {
namespace {

struct ApplyOptions {
  std::string file;
  bool yes = false;
  bool dry_run = false;
  bool allow_delete = false;
};

// Reads and checks a file; prints every problem at its place.
ExitCode ReadDefinitions(const Terminal& terminal, const std::string& file,
                         ParsedFile* parsed) {
  const absl::StatusOr<std::string> text = ReadFile(file);
  if (!text.ok()) {
    terminal.Error("freshet: {}\n", std::string(text.status().message()));
    return kNoFile;
  }
  *parsed = ParseFile(*text);
  if (parsed->problems.empty()) {
    CheckDefinitions(parsed->definitions, parsed->problems);
  }
  if (parsed->problems.empty()) return kOk;
  terminal.Error("{}", FormatProblems(file, parsed->problems));
  const size_t count = parsed->problems.size();
  terminal.Error("freshet: {} problem{} in '{}'; nothing was applied.\n", count,
                 count == 1 ? "" : "s", file);
  return kBadFile;
}

ExitCode Check(Connection& connection, const std::string& file) {
  const Terminal& terminal = connection.terminal();
  ParsedFile parsed;
  if (const ExitCode code = ReadDefinitions(terminal, file, &parsed);
      code != kOk) {
    return code;
  }
  const Definitions& definitions = parsed.definitions;
  size_t features = 0;
  for (const auto& view : definitions.batch_views) {
    features += view.features.size();
  }
  terminal.Print(
      "'{}' is right (entities: {}, views: {}, features: {}, services: {}).\n",
      file, definitions.entities.size(), definitions.batch_views.size(),
      features, definitions.services.size());
  return kOk;
}

void PrintPlan(const Terminal& terminal,
               const v1::ApplyDefinitionsResponse& plan) {
  if (plan.changes().empty()) {
    terminal.Print("Nothing changes.\n");
    return;
  }
  for (const auto& change : plan.changes()) {
    const std::string_view sign = change.kind() == "add"      ? "+"
                                  : change.kind() == "remove" ? "-"
                                                              : "~";
    terminal.Print("{} {}: {}\n", sign, change.what(), change.effect());
  }
}

// A question that only a clear yes answers.
bool Ask(const Terminal& terminal, std::string_view question) {
  terminal.Print("{} [y/N] ", question);
  std::fflush(terminal.out);
  char answer[16] = {};
  if (std::fgets(answer, sizeof(answer), terminal.in) == nullptr) return false;
  return std::tolower(static_cast<unsigned char>(answer[0])) == 'y';
}

ExitCode PrintProblems(const Terminal& terminal,
                       const v1::ApplyDefinitionsResponse& reply) {
  for (const std::string& problem : reply.problems()) {
    terminal.Error("{}\n", problem);
  }
  terminal.Error(
      "freshet: the daemon refused the definitions; nothing was "
      "applied.\n");
  return kBadFile;
}

std::string UserName() {
  const char* user = std::getenv("USER");
  return user != nullptr ? user : std::to_string(::getuid());
}

ExitCode Apply(Connection& connection, const ApplyOptions& options) {
  const Terminal& terminal = connection.terminal();
  ParsedFile parsed;
  if (const ExitCode code = ReadDefinitions(terminal, options.file, &parsed);
      code != kOk) {
    return code;
  }
  v1::ApplyDefinitionsRequest request;
  request.set_definitions(CanonicalText(parsed.definitions));
  request.set_source_name(options.file);
  request.set_author(UserName());
  request.set_allow_delete(options.allow_delete);
  request.set_dry_run(true);

  // Shown first, whatever comes next: what would change and what it costs.
  v1::ApplyDefinitionsResponse plan;
  if (const ExitCode code =
          connection
              .Call<v1::ApplyDefinitionsRequest, v1::ApplyDefinitionsResponse>(
                  &v1::AdminService::Stub::ApplyDefinitions, request,
                  [&](const v1::ApplyDefinitionsResponse& reply) {
                    plan = reply;
                    return kOk;
                  });
      code != kOk) {
    return code;
  }
  if (!plan.problems().empty()) return PrintProblems(terminal, plan);
  if (!connection.json()) PrintPlan(terminal, plan);
  if (options.dry_run || plan.changes().empty()) {
    if (connection.json()) terminal.Print("{}\n", ToJson(plan));
    return kOk;
  }
  if (!options.yes) {
    if (!terminal.interactive) {
      terminal.Error(
          "freshet: not a terminal, so nobody can be asked: apply with --yes, "
          "or look only with --dry-run.\n");
      return kUsage;
    }
    if (!Ask(terminal, "Apply this?")) {
      terminal.Print("Nothing was applied.\n");
      return kFailed;
    }
  }
  request.set_dry_run(false);
  return connection
      .Call<v1::ApplyDefinitionsRequest, v1::ApplyDefinitionsResponse>(
          &v1::AdminService::Stub::ApplyDefinitions, request,
          [&](const v1::ApplyDefinitionsResponse& reply) {
            if (!reply.problems().empty()) {
              return PrintProblems(terminal, reply);
            }
            if (connection.json()) {
              terminal.Print("{}\n", ToJson(reply));
            } else {
              terminal.Print(
                  "Applied; the definitions' hash is {}. They win over the "
                  "daemon's file until that file changes.\n",
                  reply.hash());
            }
            return kOk;
          });
}

}  // namespace

void AddDefinitionCommands(Commands& commands) {
  Connection& connection = commands.connection;

  auto file = std::make_shared<std::string>();
  CLI::App& check =
      commands.Add("check", "Check a definition file, without a daemon",
                   [&connection, file] { return Check(connection, *file); });
  check.add_option("file", *file, "The YAML file")->required();

  auto options = std::make_shared<ApplyOptions>();
  CLI::App& apply = commands.Add(
      "apply", "Send a file's definitions to the daemon; settings stay behind",
      [&connection, options] { return Apply(connection, *options); });
  apply.add_option("file", options->file, "The YAML file")->required();
  apply.add_flag("--yes,-y", options->yes, "Do not ask");
  apply.add_flag("--dry-run", options->dry_run, "Show the plan only");
  apply.add_flag("--allow-delete", options->allow_delete,
                 "Let views and features that the file lacks be removed");

  commands.Add("schema", "Print the JSON Schema of the file, for editors",
               [&connection] {
                 connection.terminal().Print("{}\n", JsonSchema());
                 return kOk;
               });
}

}  // namespace freshet
