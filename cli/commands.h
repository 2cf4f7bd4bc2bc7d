// SPDX-License-Identifier: Apache-2.0
// The commands of `freshet`, by noun. Each function adds its subcommands; a
// subcommand that ran leaves its exit code in `result`.
#pragma once

#include <functional>
#include <string>

#include "cli/terminal.h"

namespace CLI {
class App;
}

namespace freshet {

class Connection;

struct Commands {
  CLI::App& app;
  Connection& connection;
  // What the chosen command does; run after all options are parsed.
  std::function<ExitCode()> chosen;

  // Adds a subcommand that does `run` when it is the one chosen.
  CLI::App& Add(const std::string& name, const std::string& description,
                std::function<ExitCode()> run);
};

void AddDefinitionCommands(Commands& commands);  // check, apply, schema
void AddApplyCommand(Commands& commands);        // Of those, apply.
void AddImportDbtCommand(Commands& commands);    // import-dbt
void AddLoadCommands(Commands& commands);  // load, loads, watch, cancel, notify
void AddGetCommand(Commands& commands);    // get
void AddPushCommand(Commands& commands);   // push
void AddViewCommands(Commands& commands);  // views, versions, describe, ...
void AddVersionCommands(Commands& commands);    // activate, rollback, pin, ...
void AddForgetCommand(Commands& commands);      // forget
void AddSourceCommands(Commands& commands);     // pause, resume, seek, ...
void AddDaemonCommands(Commands& commands);     // status, reload, clock
void AddCompletionCommand(Commands& commands);  // completion, version

// What is wrong with the text of a version's number; "": nothing.
std::string CheckVersionNumber(const std::string& text);

// Runs one command line (without the program's name).
int RunCli(int argc, const char* const* argv, const Terminal& terminal);

}  // namespace freshet
