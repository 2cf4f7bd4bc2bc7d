// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/connection.h"

namespace freshet {

CLI::App& Commands::Add(const std::string& name, const std::string& description,
                        std::function<ExitCode()> run) {
  CLI::App* command = app.add_subcommand(name, description);
  command->callback([this, run = std::move(run)] { chosen = run; });
  return *command;
}

int RunCli(int argc, const char* const* argv, const Terminal& terminal) {
  CLI::App app{
      "Talks to a Freshet daemon: definitions, loads, versions, features.",
      "freshet"};
  app.require_subcommand(1);
  app.fallthrough();
  app.get_formatter()->column_width(34);
  Connection connection(terminal);
  Connection::Options& options = connection.options();
  app.add_option("--admin", options.admin, "Address of the admin port")
      ->envname("FRESHET_ADMIN")
      ->capture_default_str();
  app.add_option("--data", options.data, "Address of the data port")
      ->envname("FRESHET_DATA")
      ->capture_default_str();
  app.add_option("--timeout", options.timeout_seconds,
                 "Seconds to wait for an answer; 0: for ever")
      ->capture_default_str();
  app.add_flag("--json", options.json, "Print JSON instead of a table");

  Commands commands{app, connection, {}};
  AddDefinitionCommands(commands);
  AddLoadCommands(commands);
  AddGetCommand(commands);
  AddViewCommands(commands);
  AddVersionCommands(commands);
  AddDaemonCommands(commands);
  AddCompletionCommand(commands);

  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    terminal.Print("{}", app.help());
    return kOk;
  } catch (const CLI::CallForAllHelp&) {
    terminal.Print("{}", app.help("", CLI::AppFormatMode::All));
    return kOk;
  } catch (const CLI::ParseError& error) {
    terminal.Error("freshet: {}\nSee `freshet --help`.\n", error.what());
    return kUsage;
  }
  return commands.chosen();
}

}  // namespace freshet
