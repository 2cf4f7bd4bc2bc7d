// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/commands.h"
#include "cli/connection.h"

namespace freshet {
namespace {

using Names = std::vector<std::string>;

std::vector<const CLI::App*> CommandsOf(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

void AddOptionNames(const CLI::App& app, bool valued_only, Names& names) {
  for (const CLI::Option* option : app.get_options()) {
    if (valued_only && option->get_items_expected_max() == 0) continue;
    for (const std::string& name : option->get_lnames()) {
      names.push_back("--" + name);
    }
  }
}

// The options that the next word belongs to.
Names ValuedOptions(const CLI::App& app) {
  Names names;
  AddOptionNames(app, true, names);
  for (const CLI::App* command : CommandsOf(app)) {
    AddOptionNames(*command, true, names);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

// The commands whose first word is a view.
Names ViewCommands(const CLI::App& app) {
  Names names;
  for (const CLI::App* command : CommandsOf(app)) {
    for (const CLI::Option* option : command->get_options()) {
      if (!option->get_positional()) continue;
      if (option->get_name() == "view") names.push_back(command->get_name());
      break;
    }
  }
  return names;
}

// A case of the shell for each command: its own options and the global ones,
// which may stand after it.
std::string Cases(const CLI::App& app) {
  std::string cases;
  for (const CLI::App* command : CommandsOf(app)) {
    Names words;
    AddOptionNames(*command, false, words);
    AddOptionNames(app, false, words);
    std::sort(words.begin(), words.end());
    words.erase(std::unique(words.begin(), words.end()), words.end());
    cases += fmt::format("    {}) words=\"{}\" ;;\n", command->get_name(),
                         fmt::join(words, " "));
  }
  return cases;
}

// $1: commands and options, $2: options with a value, $3: the cases, $4: the
// commands about a view. The line is cut at blanks, not taken from COMP_WORDS,
// which also cuts an address at its colon.
constexpr const char* kScript = R"bash(_freshet() {
  local line="${COMP_LINE:0:COMP_POINT}" current="${COMP_WORDS[COMP_CWORD]}"
  local word words="" command="" option="" given="" at=0
  local typed=($line) globals=()
  for word in "${typed[@]}"; do
    at=$((at + 1))
    if [ $at -eq 1 ]; then continue; fi
    case $line in
      *[[:space:]]) ;;
      *) if [ $at -eq ${#typed[@]} ]; then break; fi ;;
    esac
    if [ -n "$option" ]; then
      case $option in
        --admin|--data) globals+=("$option" "$word") ;;
      esac
      option=""
      continue
    fi
    case $word in
      $2) option=$word ;;
      --admin=*|--data=*) globals+=("$word") ;;
      -*) ;;
      *) if [ -z "$command" ]; then command=$word; else given=1; fi ;;
    esac
  done
  if [ -n "$option" ]; then return; fi
  case $command in
    '') words="$1" ;;
$3  esac
  case $command in
    $4)
      case $given$current in
        ''|[a-z]*) words="$words $("${typed[0]}" "${globals[@]}" --timeout 2 \
          --json views 2>/dev/null | grep -o '"name":"[^"]*"' |
          cut -d '"' -f 4)" ;;
      esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _freshet freshet
)bash";

// Bash's completion; zsh reads it through bashcompinit.
std::string Script(const CLI::App& app) {
  Names first;
  for (const CLI::App* command : CommandsOf(app)) {
    first.push_back(command->get_name());
  }
  AddOptionNames(app, false, first);
  const auto joined = [](const Names& names, std::string_view between) {
    return fmt::format("{}", fmt::join(names, between));
  };
  const std::pair<std::string_view, std::string> parts[] = {
      {"\"$1\"", "\"" + joined(first, " ") + "\""},
      {"$2)", joined(ValuedOptions(app), "|") + ")"},
      {"$3", Cases(app)},
      {"$4)", joined(ViewCommands(app), "|") + ")"}};
  std::string script = kScript;
  for (const auto& [place, text] : parts) {
    script.replace(script.find(place), place.size(), text);
  }
  return script;
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
    if (connection.json()) {
      connection.terminal().Print("{{\"version\":\"{}\"}}\n", FRESHET_VERSION);
      return kOk;
    }
    connection.terminal().Print("freshet {}\n", FRESHET_VERSION);
    return kOk;
  });
}

}  // namespace freshet
