// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cstdlib>

#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/text.h"
#include "config/parse.h"

namespace freshet {

CLI::App& Commands::Add(const std::string& name, const std::string& description,
                        std::function<ExitCode()> run) {
  CLI::App* command = app.add_subcommand(name, description);
  command->callback([this, run = std::move(run)] { chosen = run; });
  return *command;
}

namespace {

constexpr double kTimeoutMax = 1e9;  // Seconds: longer than anything lives.

std::string CheckAddress(const std::string& text) {
  if (text.find(':') != std::string::npos) return "";
  return fmt::format("takes HOST:PORT, such as 127.0.0.1:7601, not '{}'", text);
}

std::string CheckTimeout(const std::string& text) {
  char* end = nullptr;
  const double seconds = std::strtod(text.c_str(), &end);
  if (!text.empty() && *end == '\0' && seconds >= 0 && seconds <= kTimeoutMax) {
    return "";
  }
  return fmt::format(
      "takes seconds, 0 (for ever) to {:.0f}, such as 2.5, not '{}'",
      kTimeoutMax, text);
}

void AddOptions(CLI::App& app, Connection::Options& options) {
  app.add_option("--admin", options.admin, "Address of the admin port")
      ->envname("FRESHET_ADMIN")
      ->check(CheckAddress)
      ->capture_default_str();
  app.add_option("--data", options.data, "Address of the data port")
      ->envname("FRESHET_DATA")
      ->check(CheckAddress)
      ->capture_default_str();
  app.add_option("--timeout", options.timeout_seconds,
                 "Seconds to wait for an answer; 0: for ever")
      ->check(CheckTimeout)
      ->capture_default_str();
  app.add_flag("--json", options.json, "Print JSON instead of a table");
}

// What to say of a line with no command in it, or with a word for one that is
// none. CLI11 would say only that one is required.
std::string CommandProblem(const CLI::App& app) {
  for (const std::string& word : app.remaining()) {
    if (word.starts_with("-")) {
      return fmt::format("there is no option '{}'", Printable(word));
    }
    std::vector<std::string> names;
    for (const CLI::App* command :
         app.get_subcommands([](const CLI::App*) { return true; })) {
      names.push_back(command->get_name());
    }
    const auto nearest = NearestNames(word, names, 2);
    return fmt::format("there is no command '{}'{}", Printable(word),
                       nearest.empty()
                           ? ""
                           : fmt::format("; did you mean '{}'?",
                                         fmt::join(nearest, "' or '")));
  }
  return "say what to do: a command, such as `freshet status`";
}

int RunCommand(int argc, const char* const* argv, const Terminal& terminal) {
  CLI::App app{
      "Talks to a Freshet daemon: definitions, loads, versions, features.",
      "freshet"};
  app.require_subcommand(1);
  app.fallthrough();
  app.get_formatter()->column_width(34);
  Connection connection(terminal);
  AddOptions(app, connection.options());

  Commands commands{app, connection, {}};
  AddDefinitionCommands(commands);
  AddImportDbtCommand(commands);
  AddLoadCommands(commands);
  AddGetCommand(commands);
  AddPushCommand(commands);
  AddViewCommands(commands);
  AddVersionCommands(commands);
  AddForgetCommand(commands);
  AddSourceCommands(commands);
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
  } catch (const CLI::RequiredError& error) {
    const bool has_command = !app.get_subcommands().empty();
    terminal.Error("freshet: {}\nSee `freshet --help`.\n",
                   has_command ? error.what() : CommandProblem(app));
    return kUsage;
  } catch (const CLI::ParseError& error) {
    terminal.Error("freshet: {}\nSee `freshet --help`.\n", error.what());
    return kUsage;
  }
  return commands.chosen();
}

}  // namespace

int RunCli(int argc, const char* const* argv, const Terminal& terminal) {
  const int code = RunCommand(argc, argv, terminal);
  if (std::fflush(terminal.out) == 0 && std::ferror(terminal.out) == 0) {
    return code;
  }
  terminal.Error("freshet: the output could not be written whole\n");
  return code == kOk ? static_cast<int>(kFailed) : code;
}

}  // namespace freshet
