// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/connection.h"

namespace freshet {
namespace {

// The words that can follow: commands at first, then the command's options.
std::string Words(const CLI::App& app) {
  std::string words;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      words += " --" + name;
    }
  }
  return words;
}

// Bash's completion; zsh reads it through bashcompinit.
std::string Script(const CLI::App& app) {
  std::string commands;
  std::string cases;
  for (const CLI::App* command :
       app.get_subcommands([](const CLI::App*) { return true; })) {
    commands += " " + command->get_name();
    cases += fmt::format("    {}) words=\"{}\" ;;\n", command->get_name(),
                         Words(*command));
  }
  return fmt::format(
      "_freshet() {{\n"
      "  local word words=\"\" command=\"\" current=\"${{COMP_WORDS[COMP_CWORD]"
      "}}\"\n"
      "  for word in \"${{COMP_WORDS[@]:1:COMP_CWORD-1}}\"; do\n"
      "    case $word in -*) ;; *) command=$word; break ;; esac\n"
      "  done\n"
      "  case $command in\n"
      "    '') words=\"{}{}\" ;;\n{}"
      "  esac\n"
      "  COMPREPLY=($(compgen -o default -W \"$words\" -- \"$current\"))\n"
      "}}\n"
      "complete -F _freshet freshet\n",
      commands, Words(app), cases);
}

}  // namespace

void AddCompletionCommand(Commands& commands) {
  Connection& connection = commands.connection;
  CLI::App& app = commands.app;
  auto shell = std::make_shared<std::string>("bash");
  commands
      .Add("completion", "Print completion for a shell, to be sourced",
           [&connection, &app, shell] {
             if (*shell == "zsh") {
               connection.terminal().Print(
                   "autoload -U +X bashcompinit && bashcompinit\n");
             }
             connection.terminal().Print("{}", Script(app));
             return kOk;
           })
      .add_option("shell", *shell, "bash or zsh")
      ->check(CLI::IsMember({"bash", "zsh"}));
  commands.Add("version", "Print the version of this program", [&connection] {
    connection.terminal().Print("freshet {}\n", FRESHET_VERSION);
    return kOk;
  });
}

}  // namespace freshet
